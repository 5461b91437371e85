import * as pkijs from 'pkijs';
import type { Chain } from './draft.ts';

/** Far above what any chain here takes; it follows certificates in circles for ever. */
const MAX_STEPS = 100;

/** Why pkijs refuses a chain, or `undefined`. It knows nothing of purposes. */
export async function askPkijs({
  leaf,
  others,
  anchors,
  time,
}: Chain): Promise<string | undefined> {
  try {
    let steps = 0;
    const engine = new pkijs.CertificateChainValidationEngine({
      trustedCerts: anchors.map(parse),
      // It takes the last one for the one that is asked about.
      certs: [...others, leaf].map(parse),
      checkDate: time,
    });
    const find = engine.findIssuer.bind(engine);
    engine.findIssuer = async (...args) => {
      if (++steps > MAX_STEPS) throw new Error('it does not end');
      return find(...args);
    };
    const { result, resultMessage } = await engine.verify();
    return result ? undefined : resultMessage || 'it says no';
  } catch (error) {
    return error instanceof Error ? error.message : 'it throws what is no error';
  }
}

function parse(der: Buffer): pkijs.Certificate {
  return pkijs.Certificate.fromBER(der);
}

import { OmsError } from '../../src/errors.ts';
import { loadCertificates, parseCertificate } from '../../src/trust/certificate.ts';
import { findChain } from '../../src/trust/chain.ts';
import type { Purpose } from '../../src/trust/rules.ts';
import { pemOf } from '../helpers/pki.ts';
import type { Chain } from './draft.ts';

/** Why we refuse a chain, or `undefined`. It is read as verifiers read it. */
export function ours({ leaf, others, anchors, time }: Chain, purpose: Purpose): string | undefined {
  try {
    const [first, ...rest] = [leaf, ...others].map((der, index) =>
      parseCertificate(der, `certificate ${index + 1} of the bundle`),
    );
    const trusted = anchors.flatMap((der) =>
      loadCertificates(pemOf('CERTIFICATE', der), 'the trusted certificates'),
    );
    if (first === undefined) throw new Error('a chain without certificates');
    findChain(first, rest, trusted, time, purpose);
    return undefined;
  } catch (error) {
    if (!(error instanceof OmsError)) throw error;
    return causes(error);
  }
}

/** The message with those of what it was caused by. */
function causes(error: Error): string {
  return error.cause instanceof Error ? `${error.message} < ${causes(error.cause)}` : error.message;
}

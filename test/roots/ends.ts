import type { EmbeddedCopy } from '../../src/roots/embedded.ts';
import { parseSigningConfig, selectServices } from '../../src/trust/signing-config.ts';
import { type Authority, type Log, parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import { covers } from '../../src/trust/validity.ts';

/** A year and a half: instances get new logs every year or two. */
const OLD = 550 * 24 * 3_600_000;

/**
 * What a copy that comes with oms could not do at a time: verify a signature that is made then, or
 * say where to make one. Empty while it is good.
 */
export function gapsAt({ trust }: EmbeddedCopy, time: Date): readonly string[] {
  const root = parseTrustedRoot(trust.trustedRoot);
  const parts: readonly [string, readonly (Authority | Log)[]][] = [
    ['certificate authority', root.certificateAuthorities],
    ['log of certificates', root.ctLogs],
    ['log of signatures', root.logs],
    ['timestamp authority', root.timestampAuthorities],
  ];
  const gaps = parts
    .filter(([, members]) => !members.some((member) => isGood(member, time)))
    .map(([what]) => `no ${what} is good`);
  try {
    selectServices(parseSigningConfig(trust.signingConfig), time);
  } catch (error) {
    gaps.push(String(error));
  }
  return gaps;
}

/** What is no fault yet, but calls for `scripts/refresh-trust.ts`. */
export function signsOfAge({ trust, root }: EmbeddedCopy, time: Date): readonly string[] {
  const { signed } = JSON.parse(Buffer.from(root).toString()) as { signed: { expires: string } };
  const age = time.getTime() - trust.asOf.getTime();
  return [
    // The repository can still be followed from there (TUF specification §5.3.10).
    ...(time >= new Date(signed.expires) ? [`its TUF root expired on ${signed.expires}`] : []),
    ...(age > OLD ? [`it is of ${trust.asOf.toISOString()}`] : []),
  ];
}

function isGood(member: Authority | Log, time: Date): boolean {
  if (!covers(member.validity, time)) return false;
  const certificates = 'chain' in member ? member.chain : [];
  return certificates.every(({ notBefore, notAfter }) => time >= notBefore && time <= notAfter);
}

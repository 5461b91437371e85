import { createPublicKey } from 'node:crypto';
import { idOf, type Ledger, sha256 } from '../corpus/ledger.ts';
import type { ClockTrust, Trust } from '../corpus/seed.ts';
import { flawInClock, flawInIssuer, flawInLeaf, readCertificate } from './certificate.ts';
import { type Claim, judgePayload, type SignerIn, type TrustIn } from './claim.ts';
import type { NaiveBundle } from './envelope.ts';
import { Flaw } from './json.ts';
import { judgeKeyless } from './keyless.ts';

/** Why a signer that was accepted should not have been; empty if it is right. */
export function judgeSigner(claim: Claim, trust: Trust, now: Date): string[] {
  const { signer } = claim;
  if (signer.method !== trust.method) return ['another method than the policy names'];
  switch (signer.method) {
    case 'key':
      return trust.method === 'key' ? judgeKey({ ...claim, signer }, trust) : [];
    case 'certificate':
      return trust.method === 'certificate'
        ? judgeCertificate({ ...claim, signer }, trust, now)
        : [];
    case 'sigstore':
      return trust.method === 'sigstore' ? judgeKeyless({ ...claim, signer }, trust) : [];
  }
}

function judgeKey(claim: Claim<SignerIn<'key'>>, trust: TrustIn<'key'>): string[] {
  const { bundle, ledger, signer } = claim;
  const { id, fingerprint } = trust.key;
  const { hint = fingerprint, rawKey } = bundle;
  return [
    ...(bundle.method === 'key' ? [] : ['the bundle has no key']),
    ...(signer.fingerprint === fingerprint ? [] : ['another key is told']),
    ...(hint === fingerprint ? [] : ['the bundle names another key']),
    ...(rawKey === undefined || isKey(rawKey, id) ? [] : ['the bundle brings another key']),
    ...judgePayload(claim, id),
    ...judgeStamps(signer.timestamps ?? [], bundle, ledger, trust.clock),
  ];
}

/** PEM text, or DER. */
function isKey(bytes: Buffer, id: string): boolean {
  const isText = bytes.includes('-----BEGIN');
  try {
    const key = isText
      ? createPublicKey(bytes)
      : createPublicKey({ key: bytes, format: 'der', type: 'spki' });
    return idOf(key) === id;
  } catch {
    return false;
  }
}

type Stamps = NonNullable<SignerIn<'key'>['timestamps']>;

function judgeStamps(
  stamps: Stamps,
  { signature, stamps: count }: NaiveBundle,
  ledger: Ledger,
  clock: ClockTrust | undefined,
): string[] {
  if (clock === undefined) return stamps.length === 0 ? [] : ['timestamps of nobody'];
  if (stamps.length !== count) return ['a timestamp was passed over'];
  if (clock.isRequired && stamps.length === 0) return ['no timestamp, where one is required'];
  const anchors = new Set(clock.anchors.map(sha256));
  return stamps.flatMap(({ at, accuracy, policy, authority, anchor }) => {
    const known = ledger.stamps.find(
      (one) =>
        one.isTrue &&
        sha256(one.authority) === authority.fingerprint &&
        one.at === at.getTime() &&
        one.accuracy === accuracy &&
        one.policy === policy &&
        one.signature.equals(signature),
    );
    return [
      ...(known === undefined
        ? ['a timestamp that no authority made']
        : flawInClock(readCertificate(known.authority), [
            new Date(known.at - accuracy),
            new Date(known.at + accuracy),
          ])),
      ...(anchors.has(anchor.fingerprint) ? [] : ['a timestamp of a stranger']),
    ];
  });
}

/** A clock that was read during the run may differ from one read after it by this, in ms. */
const PATIENCE = 600_000;

function judgeCertificate(
  claim: Claim<SignerIn<'certificate'>>,
  trust: TrustIn<'certificate'>,
  now: Date,
): string[] {
  const { signer, bundle, ledger } = claim;
  const brought = [...bundle.certificates, ...trust.anchors];
  const chain = signer.chain.map(({ fingerprint }, index) => {
    const der = brought.find((one) => sha256(one) === fingerprint);
    if (der === undefined) throw new Flaw('a certificate that nobody gave');
    return readCertificate(der, index === signer.chain.length - 1);
  });
  const [leaf, ...issuers] = chain;
  const [first] = bundle.certificates;
  const last = chain.at(-1);
  if (leaf === undefined || last === undefined) return ['no certificate'];
  if (first === undefined || !first.equals(leaf.der)) return ['not the certificate that signed'];
  const { at, source } = signer.time;
  const times = [at];
  const flaws = [
    ...flawInLeaf(leaf, times),
    ...issuers.flatMap((issuer, index) => flawInIssuer(issuer, chain.slice(0, index + 1), times)),
    ...(trust.anchors.some((anchor) => anchor.equals(last.der)) ? [] : ['no trusted anchor']),
    ...judgePayload(claim, leaf.key),
    ...judgeStamps(signer.timestamps ?? [], bundle, ledger, trust.clock),
  ];
  for (const [index, { tbs }] of chain.entries()) {
    const issuer = chain[index + 1];
    // Whom the verifier names needs nobody to vouch for it.
    if (issuer === undefined) continue;
    const isIssued = ledger.certificates.some((one) => one.tbs === tbs && one.by === issuer.key);
    if (!isIssued) flaws.push('a certificate that nobody issued so');
  }
  const earliest = signer.timestamps?.[0]?.at.getTime();
  const right = trust.time?.getTime() ?? (earliest === undefined ? now.getTime() : earliest);
  const isNow = trust.time === undefined && earliest === undefined;
  if (Math.abs(at.getTime() - right) > (isNow ? PATIENCE : 0)) flaws.push(`judged at ${source}`);
  return flaws;
}

import {
  CODE_SIGNING,
  flawInClock,
  flawInLeaf,
  identityOf,
  readCertificate,
  usagesOf,
} from './certificate.ts';
import { type Claim, judgePayload, type SignerIn, type TrustIn } from './claim.ts';
import { isOf } from './log-body.ts';

type Keyless = SignerIn<'sigstore'>;

/** A trusted root as it is written, as far as it is looked at here. */
interface Root {
  readonly tlogs?: readonly Instance[];
  readonly certificateAuthorities?: readonly AuthorityIn[];
  readonly timestampAuthorities?: readonly AuthorityIn[];
}

interface Instance {
  readonly baseUrl?: string;
  readonly operator?: string;
  readonly publicKey: { readonly validFor?: Range };
}

interface AuthorityIn {
  readonly uri?: string;
  readonly operator?: string;
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] };
  readonly validFor?: Range;
}

interface Range {
  readonly start?: string;
  readonly end?: string;
}

/** Why a keyless signer that was accepted should not have been. */
export function judgeKeyless(claim: Claim<Keyless>, trust: TrustIn<'sigstore'>): string[] {
  const { signer, bundle, ledger } = claim;
  const [der] = bundle.certificates;
  if (bundle.method !== 'sigstore' || der === undefined) return ['the bundle is not keyless'];
  const leaf = readCertificate(der);
  const root = withoutNulls(trust.root) as Root;
  const times = signer.times.map(({ at }) => at);
  const usages = usagesOf(leaf);
  const { name, issuer } = identityOf(leaf);
  const issuers = new Set(
    (root.certificateAuthorities ?? [])
      .filter(({ validFor }) => times.every((time) => isIn(time, validFor)))
      .flatMap(({ certChain }) => certChain.certificates)
      .map(({ rawBytes }) => readCertificate(Buffer.from(rawBytes, 'base64')).key),
  );
  const issued = ledger.certificates.find(({ tbs, by }) => tbs === leaf.tbs && issuers.has(by));
  const isAsked =
    trust.isMeant(name) &&
    issuer === trust.issuer &&
    Object.entries(trust.claims).every(([claimed, value]) =>
      Object.entries(signer.claims).some(([key, found]) => key === claimed && found === value),
    );
  const isTold =
    signer.identity.kind === name.kind &&
    signer.identity.value === name.value &&
    signer.issuer === issuer &&
    signer.certificate.fingerprint === leaf.fingerprint;
  const told = [signer.logEntries.length, signer.times.filter(isStamp).length];
  return [
    ...(told.join() === [bundle.entries, bundle.stamps].join()
      ? []
      : ['something was passed over']),
    ...flawInLeaf(leaf, times),
    ...(usages.extended?.includes(CODE_SIGNING) === true ? [] : ['no codeSigning']),
    ...(usages.bits === undefined ? ['no key usage'] : []),
    ...(usages.isCa ? ['a CA'] : []),
    ...(issued === undefined ? ['a certificate that no trusted authority issued'] : []),
    ...(issued?.isLogged === false ? ['a certificate that no log has seen'] : []),
    ...(isAsked ? [] : ['somebody else than the policy names']),
    ...(isTold ? [] : ['somebody else is told than the certificate names']),
    ...judgePayload(claim, leaf.key),
    ...judgeLogs(claim, root, times, trust.thresholds.logs),
    ...judgeTimes(claim, root, trust.thresholds.times),
  ];
}

function isStamp({ source }: Keyless['times'][number]): boolean {
  return source === 'timestamp-authority';
}

/** Which protobuf's JSON takes for absent. */
function withoutNulls(root: unknown): unknown {
  return JSON.parse(JSON.stringify(root), (_, value: unknown) => value ?? undefined);
}

function judgeLogs(
  { signer, bundle, ledger }: Claim<Keyless>,
  { tlogs = [] }: Root,
  times: readonly Date[],
  threshold: number,
): string[] {
  const operators = new Set<string>();
  const flaws = signer.logEntries.flatMap(({ log, index }) => {
    const known = tlogs.find(({ baseUrl }) => baseUrl === log);
    const isTrue = ledger.entries.some(
      (one) =>
        one.isTrue &&
        one.log === log &&
        [one.index, one.indexInTree].map(String).includes(index) &&
        one.signature.equals(bundle.signature) &&
        isOf(one, bundle),
    );
    operators.add(known?.operator ?? '');
    const isGood = times.every((time) => isIn(time, known?.publicKey.validFor));
    if (known === undefined || !isGood) return ['a log that is not trusted then'];
    return isTrue ? [] : ['an entry that the log does not have'];
  });
  return [...flaws, ...(operators.size < threshold ? ['too few logs'] : [])];
}

function judgeTimes(
  { signer, bundle, ledger }: Claim<Keyless>,
  { tlogs = [], timestampAuthorities = [] }: Root,
  threshold: number,
): string[] {
  const operators = new Set<string>();
  const flaws = signer.times.flatMap(({ at, source, url }) => {
    if (source === 'log') {
      operators.add(tlogs.find(({ baseUrl }) => baseUrl === url)?.operator ?? '');
      const isTrue = ledger.entries.some(
        (one) =>
          one.isTrue &&
          one.log === url &&
          one.promised !== undefined &&
          one.promised * 1000 === at.getTime() &&
          one.signature.equals(bundle.signature) &&
          isOf(one, bundle),
      );
      return isTrue ? [] : ['a time that no log promised'];
    }
    const known = timestampAuthorities.filter(({ uri = '' }) => uri === url);
    operators.add(known[0]?.operator ?? '');
    const stamp = ledger.stamps.find(
      (one) =>
        one.isTrue &&
        one.at === at.getTime() &&
        one.signature.equals(bundle.signature) &&
        known.some(
          ({ certChain, validFor }) =>
            isIn(at, validFor) &&
            certChain.certificates[0]?.rawBytes === one.authority.toString('base64'),
        ),
    );
    return stamp === undefined
      ? ['a time that no authority stamped']
      : flawInClock(readCertificate(stamp.authority), [at]);
  });
  return [...flaws, ...(operators.size < threshold ? ['too few clocks'] : [])];
}

function isIn(time: Date, { start, end }: Range = {}): boolean {
  return (
    (start === undefined || time >= new Date(start)) && (end === undefined || time <= new Date(end))
  );
}

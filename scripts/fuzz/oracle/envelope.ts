import {
  asList,
  asMap,
  asText,
  Flaw,
  type Json,
  type JsonMap,
  onlyOf,
  readStrictly,
} from './json.ts';

/** A bundle taken apart by the rules of `spec/README.md`, as far as they hold for each method. */
export interface NaiveBundle {
  readonly payload: Buffer;
  readonly signature: Buffer;
  readonly method: 'key' | 'certificate' | 'sigstore';
  /** DER of all that the material brings, the first one first. */
  readonly certificates: readonly Buffer[];
  /** What the material says of a key, where it says something. */
  readonly hint: string | undefined;
  readonly rawKey: Buffer | undefined;
  /** How many timestamps and log entries there are: none may be passed over. */
  readonly stamps: number;
  readonly entries: number;
}

const KINDS = ['publicKey', 'x509CertificateChain', 'certificate'] as const;

/** @throws {Flaw} for what no verifier may take. */
export function readBundle(bytes: Uint8Array): NaiveBundle {
  const root = asMap(readStrictly(bytes, 1_000), 'the bundle');
  onlyOf(root, 'the bundle', 'mediaType', 'verificationMaterial', 'dsseEnvelope');
  if (root.get('mediaType') !== 'application/vnd.dev.sigstore.bundle.v0.3+json') {
    throw new Flaw('mediaType');
  }
  const material = asMap(root.get('verificationMaterial'), 'the material');
  onlyOf(material, 'the material', ...KINDS, 'tlogEntries', 'timestampVerificationData');
  const kinds = KINDS.filter((kind) => (material.get(kind) ?? null) !== null);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) throw new Flaw('not one kind of material');
  const envelope = asMap(root.get('dsseEnvelope'), 'the envelope');
  onlyOf(envelope, 'the envelope', 'payload', 'payloadType', 'signatures');
  if (envelope.get('payloadType') !== 'application/vnd.in-toto+json') throw new Flaw('payloadType');
  const signatures = asList(envelope.get('signatures'), 'signatures');
  if (signatures.length !== 1) throw new Flaw('not one signature');
  const signature = asMap(signatures[0], 'the signature');
  onlyOf(signature, 'the signature', 'sig', 'keyid');
  return {
    payload: bytesOf(envelope.get('payload'), 'payload'),
    signature: bytesOf(signature.get('sig'), 'sig'),
    method: methodOf(kind, material),
    certificates: certificatesOf(kind, asMap(material.get(kind), kind)),
    hint: kind === 'publicKey' ? hintIn(material) : undefined,
    rawKey: kind === 'publicKey' ? rawKeyIn(material) : undefined,
    stamps: lengthOf(stampsIn(material), 'rfc3161Timestamps'),
    entries: lengthOf(material.get('tlogEntries'), 'tlogEntries'),
  };
}

function hintIn(material: JsonMap): string | undefined {
  const hint = asMap(material.get('publicKey'), 'publicKey').get('hint') ?? null;
  return hint === null ? undefined : asText(hint, 'hint');
}

function rawKeyIn(material: JsonMap): Buffer | undefined {
  const rawBytes = asMap(material.get('publicKey'), 'publicKey').get('rawBytes') ?? null;
  return rawBytes === null ? undefined : bytesOf(rawBytes, 'rawBytes');
}

function stampsIn(material: JsonMap): Json | undefined {
  const data = material.get('timestampVerificationData') ?? null;
  return data === null ? undefined : asMap(data, 'the timestamps').get('rfc3161Timestamps');
}

function lengthOf(list: Json | undefined, what: string): number {
  return asList(list ?? [], what).length;
}

function methodOf(kind: (typeof KINDS)[number], material: JsonMap): NaiveBundle['method'] {
  if (kind === 'publicKey') return 'key';
  const entries = asList(material.get('tlogEntries') ?? [], 'tlogEntries');
  return kind === 'certificate' && entries.length > 0 ? 'sigstore' : 'certificate';
}

function certificatesOf(kind: (typeof KINDS)[number], map: JsonMap): readonly Buffer[] {
  if (kind === 'publicKey') return [];
  const list = kind === 'certificate' ? [map] : asList(map.get('certificates'), 'certificates');
  return list.map((one) => bytesOf(asMap(one, 'a certificate').get('rawBytes'), 'rawBytes'));
}

/** Base64 in its one canonical spelling (RFC 4648 §3.5, §4). */
export function bytesOf(value: Json | undefined, what: string): Buffer {
  const text = asText(value, what);
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || bytes.toString('base64') !== text) throw new Flaw(`${what} is not base64`);
  return bytes;
}

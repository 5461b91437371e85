import { createHash, X509Certificate } from 'node:crypto';
import type { Logged } from '../corpus/ledger.ts';
import { encoded } from '../corpus/pae.ts';
import { bytesOf, type NaiveBundle } from './envelope.ts';
import { asList, asMap, asText, Flaw, type Json, readStrictly } from './json.ts';

/** Whether what a log has is of the signature in a bundle, with its payload and certificate. */
export function isOf({ body, kind }: Pick<Logged, 'body' | 'kind'>, bundle: NaiveBundle): boolean {
  try {
    const record = READERS[kind]?.(read(body, kind));
    const [leaf] = bundle.certificates;
    const digests = [bundle.payload, encoded(bundle.payload, 'dsse')].map((bytes) =>
      createHash('sha256').update(bytes).digest('hex'),
    );
    return (
      record !== undefined &&
      record.digest === digests[kind.startsWith('hashedrekord') ? 1 : 0] &&
      record.signature.equals(bundle.signature) &&
      leaf?.equals(record.certificate) === true
    );
  } catch {
    // Whatever it is that cannot be read, it is not of this signature.
    return false;
  }
}

interface Record {
  readonly digest: string;
  readonly signature: Buffer;
  readonly certificate: Buffer;
}

/** The body's `spec`. */
function read(body: Buffer, kind: string): Json | undefined {
  const map = asMap(readStrictly(body, 100), 'the body');
  const texts = ['kind', 'apiVersion'].map((key) => asText(map.get(key), key));
  if (texts.join(' ') !== kind) throw new Flaw('another kind');
  return map.get('spec');
}

const READERS: Readonly<{ [kind: string]: (spec: Json | undefined) => Record }> = {
  'dsse 0.0.1': (spec) => {
    const signature = onlySignature(spec);
    const pem = bytesOf(member(signature, 'verifier'), 'verifier').toString();
    return {
      digest: asText(member(member(spec, 'payloadHash'), 'value'), 'value'),
      signature: bytesOf(member(signature, 'signature'), 'signature'),
      certificate: new X509Certificate(pem).raw,
    };
  },
  'dsse 0.0.2': (spec) => {
    const dsse = member(spec, 'dsseV002');
    return recordOf(member(dsse, 'payloadHash'), onlySignature(dsse));
  },
  'hashedrekord 0.0.2': (spec) => {
    const rekord = member(spec, 'hashedRekordV002');
    return recordOf(member(rekord, 'data'), member(rekord, 'signature'));
  },
};

function recordOf(digest: Json | undefined, signature: Json | undefined): Record {
  const certificate = member(member(signature, 'verifier'), 'x509Certificate');
  return {
    digest: bytesOf(member(digest, 'digest'), 'digest').toString('hex'),
    signature: bytesOf(member(signature, 'content'), 'content'),
    certificate: bytesOf(member(certificate, 'rawBytes'), 'rawBytes'),
  };
}

function member(value: Json | undefined, key: string): Json | undefined {
  return asMap(value, key).get(key);
}

function onlySignature(value: Json | undefined): Json | undefined {
  const list = asList(member(value, 'signatures'), 'signatures');
  if (list.length !== 1) throw new Flaw('not one signature');
  return list[0];
}

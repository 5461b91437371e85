import { hash, randomBytes } from 'node:crypto';
import { readToken } from '../trust/timestamp-token.ts';
import { ask, type CallOptions } from './service-call.ts';

const NONCE_BYTES = 8;

/**
 * Has a timestamp authority say when a signature was there (RFC 3161 §3.4, over HTTP). Returns its
 * response, DER. Whether the authority is to be trusted is for the verifier of the bundle.
 *
 * @param url of the authority, in full.
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export function timestamp(
  signature: Uint8Array,
  url: string,
  options: CallOptions,
): Promise<Uint8Array> {
  const digest = hash('sha256', signature, 'buffer');
  const nonce = makeNonce();
  return ask(
    {
      what: 'timestamp',
      service: url,
      url,
      headers: {
        'content-type': 'application/timestamp-query',
        accept: 'application/timestamp-reply',
      },
      body: request(digest, nonce),
      read: ({ bytes }) => {
        const token = readToken(bytes);
        const isAnswer = token.imprint.digest.equals(digest) && token.nonce === integerOf(nonce);
        if (!isAnswer) throw new Error('it is a timestamp of something else');
        return bytes;
      },
    },
    options,
  );
}

/** `TimeStampReq` (§2.4.1) with the certificate asked for, as many verifiers need it. */
function request(digest: Buffer, nonce: Buffer): Buffer<ArrayBuffer> {
  const version = der(0x02, Buffer.of(1));
  const sha256 = der(0x30, der(0x06, Buffer.from('608648016503040201', 'hex')), der(0x05));
  const imprint = der(0x30, sha256, der(0x04, digest));
  return der(0x30, version, imprint, der(0x02, nonce), der(0x01, Buffer.of(0xff)));
}

/** A positive number, written in DER as it is: the first bit is 0, and the second is not. */
function makeNonce(): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  return nonce;
}

function integerOf(nonce: Buffer): bigint {
  return BigInt(`0x${nonce.toString('hex')}`);
}

/** All that is written here is shorter than 128 bytes. */
function der(tag: number, ...content: readonly Buffer[]): Buffer<ArrayBuffer> {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag, body.length), body]);
}

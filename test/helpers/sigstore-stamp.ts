import { der, integer, oid, sequence } from './pki.ts';
import { sha256 } from './sigstore/bytes.ts';
import { contentOf } from './sigstore/der.ts';
import { type TimestampOptions, timestamp, type Tsa } from './sigstore/tsa.ts';

/** What is asked of a timestamp authority (RFC 3161 §2.4.1). */
export interface StampRequest {
  /** SHA-256 */
  readonly digest: Buffer;
  /** The content of its INTEGER. */
  readonly nonce: Buffer;
}

const SHA256 = oid('2.16.840.1.101.3.4.2.1');

/** Throws for what an authority would refuse. */
export function readStampRequest(query: Buffer): StampRequest {
  const [algorithm, digest, nonce, certificates] = [[1, 0], [1, 1], [2], [3]].map((path) =>
    query.subarray(...contentOf(query, path)),
  );
  if (algorithm?.subarray(0, SHA256.length).equals(SHA256) !== true) throw new Error('no SHA-256');
  if (digest?.length !== 32 || nonce === undefined) throw new Error('no digest, or no nonce');
  if (certificates?.equals(Buffer.of(0xff)) !== true) throw new Error('no certificates wanted');
  return { digest, nonce };
}

/** Where `TSTInfo` lies in a response, and its genTime in it. */
const INFO = [1, 1, 0, 2, 1, 0];
const GEN_TIME = 4;

/**
 * The response to a request. The instance's own way of stamping knows neither hashes nor nonces:
 * what is signed in its response is replaced before that, by something of the same length.
 */
export function stamp(tsa: Tsa, request: StampRequest, options: TimestampOptions = {}): Buffer {
  const before = timestamp(tsa, Buffer.alloc(0), options);
  if (options.tokenless === true) return before;
  const [start, end] = contentOf(before, INFO);
  const old = before.subarray(start, end);
  const [timeStart, timeEnd] = contentOf(old, [GEN_TIME]);
  const digest = options.data === undefined ? request.digest : sha256(options.data);
  const info = sequence(
    integer(1),
    // Shorter than the usual policy by as much as the nonce is longer than the usual one.
    oid('1.3.6.1.4'),
    sequence(sequence(SHA256, der(0x05)), der(0x04, digest)),
    integer(77),
    der(0x18, old.subarray(timeStart, timeEnd)),
    der(0x02, request.nonce),
  );
  if (info.length !== old.length) throw new Error('it is of another length');
  const signed = timestamp(tsa, Buffer.alloc(0), { ...options, messageDigest: () => sha256(info) });
  const at = contentOf(signed, INFO)[0];
  return Buffer.concat([signed.subarray(0, at), info, signed.subarray(at + info.length)]);
}

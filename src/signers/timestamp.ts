import { hash, randomBytes } from 'node:crypto';
import { OmsError, reasonOf } from '../errors.ts';
import { MAX_TIMESTAMP_BYTES } from '../format/limits.ts';
import { nameOfService } from '../format/url.ts';
import { quoted } from '../printable.ts';
import { parseCertificate } from '../trust/certificate.ts';
import { flawInLeaf } from '../trust/rules.ts';
import { readToken, type TimestampToken } from '../trust/timestamp-token.ts';
import { ask, type CallOptions, UnfitAnswer } from './service-call.ts';

const NONCE_BYTES = 8;

/**
 * Has a timestamp authority say when a signature was there (RFC 3161 §3.4, over HTTP). Returns its
 * response, DER. It is over this signature, the answer to this request, and signed by the
 * certificate that it holds, which is one for timestamps; whether to trust that certificate is for
 * verifiers.
 *
 * @param url of the authority, in full.
 * @param policy OID that the authority shall follow; its own choice if there is none.
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`, `USAGE` for a policy that is none.
 */
export async function timestamp(
  signature: Uint8Array,
  url: string,
  options: CallOptions,
  policy?: string,
): Promise<Uint8Array> {
  const digest = hash('sha256', signature, 'buffer');
  const nonce = makeNonce();
  return ask(
    {
      what: 'timestamp',
      service: nameOfService(url),
      url,
      headers: {
        'content-type': 'application/timestamp-query',
        accept: 'application/timestamp-reply',
      },
      body: request(digest, nonce, policy),
      read: ({ bytes }) => {
        if (bytes.length > MAX_TIMESTAMP_BYTES) {
          throw new UnfitAnswer(`a timestamp of more than ${MAX_TIMESTAMP_BYTES} bytes`);
        }
        const token = read(bytes);
        checkAnswer(token, digest, integerOf(nonce), policy);
        checkSigner(token);
        return bytes;
      },
    },
    options,
  );
}

function read(response: Uint8Array): TimestampToken {
  try {
    return readToken(response);
  } catch (error) {
    throw new UnfitAnswer(`no timestamp: ${reasonOf(error)}`);
  }
}

function checkAnswer(
  { imprint, nonce, policy }: TimestampToken,
  digest: Buffer,
  askedNonce: bigint,
  askedPolicy: string | undefined,
): void {
  if (!imprint.digest.equals(digest)) throw new UnfitAnswer('a timestamp of another signature');
  if (nonce !== askedNonce) throw new UnfitAnswer('the answer to another request, by its nonce');
  if (askedPolicy !== undefined && policy !== askedPolicy) {
    throw new UnfitAnswer(`a timestamp under the policy ${policy}`);
  }
}

/** The certificate was asked for, so it must be there; with a wrong one, nobody could verify this. */
function checkSigner(token: TimestampToken): void {
  const named = token.certificates.find((one) => token.names(one));
  if (named === undefined) {
    throw new UnfitAnswer('a timestamp without the certificate of its authority');
  }
  const certificate = parseCertificate(named, 'the certificate');
  const flaw = flawInLeaf(certificate, token.time, 'timeStamping');
  if (flaw !== undefined) {
    const { summary, expected, found } = flaw;
    throw new UnfitAnswer(
      `a timestamp of no use: ${summary}: expected ${expected}, found ${found}`,
    );
  }
  if (!token.isSignedBy(certificate.x509.publicKey)) {
    throw new UnfitAnswer('a timestamp whose signature is wrong');
  }
}

/** `TimeStampReq` (§2.4.1) with the certificate asked for, as verifiers need it. */
function request(digest: Buffer, nonce: Buffer, policy: string | undefined): Buffer<ArrayBuffer> {
  const version = der(0x02, Buffer.of(1));
  const sha256 = der(0x30, der(0x06, Buffer.from('608648016503040201', 'hex')), der(0x05));
  const imprint = der(0x30, sha256, der(0x04, digest));
  return der(
    0x30,
    version,
    imprint,
    ...(policy === undefined ? [] : [der(0x06, encodePolicy(policy))]),
    der(0x02, nonce),
    der(0x01, Buffer.of(0xff)),
  );
}

const OID = /^[0-2](?:\.(?:0|[1-9][0-9]{0,8})){1,15}$/;

/**
 * The content of an OBJECT IDENTIFIER (X.690 §8.19).
 *
 * @throws {OmsError} `USAGE` for what is none.
 */
export function encodePolicy(policy: unknown): Buffer {
  const text = typeof policy === 'string' ? policy : '';
  const isOid = OID.test(text);
  const [first = 0, second = 0, ...rest] = isOid ? text.split('.').map(Number) : [];
  const bytes = [first * 40 + second, ...rest].flatMap(encodeArc);
  if (!isOid || (first < 2 && second > 39) || bytes.length > 60) {
    throw new OmsError('USAGE', 'the policy of a timestamp must be an object identifier', {
      expected: 'one such as 1.3.6.1.4.1.57264.2',
      found: typeof policy === 'string' ? quoted(text, 60) : typeof policy,
    });
  }
  return Buffer.from(bytes);
}

/** Seven bits a byte, the highest first; all bytes but the last have the eighth bit. */
function encodeArc(number: number): readonly number[] {
  const bytes = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest % 128) + 128);
  }
  return bytes;
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

/** With a length of one byte, or of two from 128 on. */
function der(tag: number, ...content: readonly Buffer[]): Buffer<ArrayBuffer> {
  const body = Buffer.concat(content);
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length];
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}

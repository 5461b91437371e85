import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Fields } from '../format/fields.ts';
import type { IdentityToken } from '../identity/token.ts';
import { pemBlocks } from '../trust/pem.ts';
import type { Service } from '../trust/signing-config.ts';
import { readAnswer } from './answer.ts';
import { ask, type CallOptions } from './service-call.ts';
import { base64 } from './signer.ts';

/**
 * Has Fulcio certify that a key is the token's owner's (its API v2, `CreateSigningCertificate`).
 * Returns the certificate, DER.
 *
 * @param key on P-256.
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export function certify(
  key: KeyObject,
  token: IdentityToken,
  { url }: Service,
  options: CallOptions,
): Promise<Uint8Array> {
  const request = {
    credentials: { oidcIdentityToken: token.raw },
    publicKeyRequest: {
      publicKey: {
        algorithm: 'ECDSA',
        content: createPublicKey(key).export({ type: 'spki', format: 'pem' }),
      },
      // Shows that the key is there, and not somebody else's that was copied from elsewhere.
      proofOfPossession: base64(sign('sha256', Buffer.from(token.proofSubject), key)),
    },
  };
  return ask(
    {
      what: 'certificate',
      service: url,
      url: `${url}/api/v2/signingCert`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(request),
      read: (answer) => readCertificate(readAnswer(answer)),
    },
    options,
  );
}

/** With its SCT inside; one beside it, as some CAs answer, no verifier of bundles would see. */
function readCertificate(answer: Fields): Uint8Array {
  const [first] = answer
    .object('signedCertificateEmbeddedSct')
    .object('chain')
    .array('certificates');
  const [block] = pemBlocks(typeof first === 'string' ? first : '');
  if (block?.label !== 'CERTIFICATE') throw new Error('there is no certificate');
  return block.der;
}

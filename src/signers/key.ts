import { createPublicKey } from 'node:crypto';
import { parseBundle } from '../format/bundle.ts';
import {
  fingerprintOf,
  loadPrivateKey,
  type PrivateKeySource,
  signPayload,
} from '../trust/keys.ts';
import { authenticate } from '../verifiers/verifier.ts';
import { assembleBundle, type Signer } from './signer.ts';
import { readStamping, type StampingOptions, stamped } from './stamping.ts';

export interface KeySignerOptions extends StampingOptions {
  /** An ECDSA key on P-256, P-384 or P-521. */
  readonly privateKey: PrivateKeySource;
  /** For an encrypted key. */
  readonly password?: string;
}

/**
 * Signs with a bare key (§4.1, method *key*). The key is read and checked at once, before a model
 * is hashed for it.
 *
 * @throws {OmsError} `KEY_UNUSABLE`; later, with a timestamp, `SERVICE_FAILED` and `ABORTED`.
 */
export function keySigner(options: KeySignerOptions): Signer {
  const { privateKey, password } = options;
  const stamping = readStamping(options);
  const key = loadPrivateKey(privateKey, password);
  const publicKey = createPublicKey(key);
  const hint = fingerprintOf(publicKey);
  return async (statement) => {
    const signature = signPayload(statement, key);
    const material = await stamped({ publicKey: { hint } }, signature, stamping);
    const bundle = assembleBundle(statement, signature, material);
    authenticate(parseBundle(bundle), { method: 'key', publicKey });
    return bundle;
  };
}

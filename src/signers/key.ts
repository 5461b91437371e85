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

export interface KeySignerOptions {
  /** An ECDSA key on P-256, P-384 or P-521. */
  readonly privateKey: PrivateKeySource;
  /** For an encrypted key. */
  readonly password?: string;
}

/**
 * Signs with a bare key (§4.1, method *key*). The key is read and checked at once, before a model
 * is hashed for it.
 *
 * @throws {OmsError} `KEY_UNUSABLE`
 */
export function keySigner({ privateKey, password }: KeySignerOptions): Signer {
  const key = loadPrivateKey(privateKey, password);
  const publicKey = createPublicKey(key);
  const hint = fingerprintOf(publicKey);
  return async (statement) => {
    const bundle = assembleBundle(statement, signPayload(statement, key), { publicKey: { hint } });
    authenticate(parseBundle(bundle), { method: 'key', publicKey });
    return bundle;
  };
}

import crypto, { type KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { type CurveName, makeEcKey, signEcdsa } from './ecdsa.ts';
import type { Random } from './random.ts';

/**
 * The forge of the tests makes keys, nonces and serial numbers by chance. While `make` runs, what it
 * asks `node:crypto` for comes from a source that can be repeated. Nothing that verifies uses these
 * functions, so what is tested is not touched.
 */
export function repeatably<T>(random: Random, make: () => T): T {
  install();
  const before = source;
  source = random;
  try {
    return make();
  } finally {
    source = before;
  }
}

let source: Random | undefined;
let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  const own = { ...crypto };
  Object.assign(crypto, {
    sign: ((algorithm, data, key) => {
      const plain = key as KeyObject & { readonly key?: KeyObject };
      const ecKey = plain.key ?? plain;
      return source === undefined || ecKey.asymmetricKeyType !== 'ec'
        ? own.sign(algorithm, data, key)
        : signEcdsa(String(algorithm), data as Uint8Array, ecKey, source);
    }) as typeof crypto.sign,
    generateKeyPairSync: (type: 'ec' | 'ed25519', options: { readonly namedCurve: CurveName }) => {
      if (source === undefined) return own.generateKeyPairSync(type as 'ec', options);
      const privateKey =
        type === 'ed25519' ? makeEdKey(source) : makeEcKey(options.namedCurve, source);
      return { privateKey, publicKey: own.createPublicKey(privateKey) };
    },
    randomBytes: (size: number) => source?.bytes(size) ?? own.randomBytes(size),
  });
  syncBuiltinESMExports();
}

/** RFC 8410 §7: 32 bytes, whatever they are, with this before them. */
const ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function makeEdKey(random: Random): KeyObject {
  const key = Buffer.concat([ED25519, random.bytes(32)]);
  return crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of the PEM files of a key pair. */
export interface Keys {
  readonly privateKey: string;
  readonly publicKey: string;
}

export function makeKeys(directory: string): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const paths = { privateKey: join(directory, 'key.pem'), publicKey: join(directory, 'key.pub') };
  writeFileSync(paths.privateKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(paths.publicKey, publicKey.export({ type: 'spki', format: 'pem' }));
  return paths;
}

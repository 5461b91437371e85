import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, startProgram } from './server.ts';

/** A log with the key that its promises verify with. */
export interface LogService extends Service {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** Starts a certificate transparency log that takes what chains up to the given roots. */
export async function startCtLog(
  program: string,
  directory: string,
  rootFile: string,
  port: number,
): Promise<LogService> {
  const storage = join(directory, 'log');
  mkdirSync(storage, { recursive: true });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyFile = join(directory, 'log.key');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(keyFile, pem, { mode: 0o600 });
  const service = await startProgram({
    name: 'the CT log',
    program,
    words: [
      `--listen=127.0.0.1:${port}`,
      '--origin=ctlog.test',
      `--key=${keyFile}`,
      `--roots=${rootFile}`,
      `--storage=${storage}`,
    ],
    url: `http://127.0.0.1:${port}/`,
    ready: '/healthz',
  });
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { ...service, publicKey };
}

import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogService } from './ct-log.ts';
import { startProgram } from './server.ts';

/** The name of the log in its checkpoints; a verifier looks for it in the log's URL. */
const HOSTNAME = 'localhost';

/** A Rekor v2 log. */
export interface RekorService extends LogService {
  /** The identifier of the log's key as checkpoints and trusted roots have it. */
  readonly logId: Buffer;
}

export async function startRekor(
  program: string,
  directory: string,
  [http, grpc, metrics]: readonly [number, number, number],
): Promise<RekorService> {
  const storage = join(directory, 'log');
  mkdirSync(storage, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyFile = join(directory, 'log.key');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(keyFile, pem, { mode: 0o600 });
  const service = await startProgram({
    name: 'Rekor',
    program,
    words: [
      'serve',
      `--hostname=${HOSTNAME}`,
      `--storage-dir=${storage}`,
      `--signer-filepath=${keyFile}`,
      '--http-address=127.0.0.1',
      `--http-port=${http}`,
      '--grpc-address=127.0.0.1',
      `--grpc-port=${grpc}`,
      `--http-metrics-port=${metrics}`,
      '--checkpoint-interval=200ms',
      '--batch-max-age=50ms',
    ],
    url: `http://${HOSTNAME}:${http}/`,
    ready: '/healthz',
  });
  return {
    ...service,
    publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    logId: noteKeyId(HOSTNAME, publicKey),
  };
}

/** C2SP signed-note: the hash of the name, a newline, the algorithm (1 for Ed25519) and the key. */
function noteKeyId(name: string, key: KeyObject): Buffer {
  const raw = key.export({ type: 'spki', format: 'der' }).subarray(-32);
  return createHash('sha256').update(`${name}\n\u0001`).update(raw).digest();
}

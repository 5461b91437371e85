import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { IDENTITY } from './instance.ts';

const VERIFY = fileURLToPath(new URL('verify.py', import.meta.url));

/** What sigstore-python says of a bundle. */
export interface Verdict {
  readonly accepted: boolean;
  readonly payloadType?: string;
  /** Base64. */
  readonly payload?: string;
  /** Why it was refused. */
  readonly reason?: string;
}

/** Verifies an envelope with sigstore-python, as signed by {@link IDENTITY}. */
export async function verifyWithPython(
  bundleFile: string,
  trustedRootFile = inject('instance').trustedRootFile,
  identity = IDENTITY,
): Promise<Verdict> {
  const words = [VERIFY, trustedRootFile, bundleFile, identity, inject('instance').issuer.url];
  const { stdout } = await promisify(execFile)(inject('programs').python, words);
  return JSON.parse(stdout) as Verdict;
}

/** Runs the reference implementation's command line. Never rejects. */
export function reference(
  words: readonly string[],
): Promise<{ readonly exitCode: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(inject('programs').modelSigning, words, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, output: stdout + stderr });
    });
  });
}

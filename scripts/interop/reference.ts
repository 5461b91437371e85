import { fileURLToPath } from 'node:url';
import { run } from './command.ts';
import { type Job, type Reason, signWords, type Tool, verifyWords } from './tool.ts';
import type { Venv } from './venv.ts';

const API = fileURLToPath(new URL('api.py', import.meta.url));

const REFUSALS: Readonly<Record<Reason, RegExp>> = {
  content: /Signature mismatch/,
  link: /because it is a symlink/,
  stranger:
    /Key mismatch|unable to get local issuer certificate|self-signed certificate in certificate chain/,
  // A wrong signature is an exception without a text.
  forgery: /(failed with error: |InvalidSignature: )$/m,
};

/** The reference's command line. */
export function reference({ modelSigning }: Venv): Tool {
  return {
    name: 'reference',
    sign: (job) => run(modelSigning, signWords(job)),
    verify: (job, options) => run(modelSigning, verifyWords(job, options)),
    refusalCode: undefined,
    refusals: REFUSALS,
  };
}

/** The reference's Python API with another way of hashing. For keys, and without other options. */
export function referenceApi({ python }: Venv, hashing: string, verifyHashing = hashing): Tool {
  const call = (action: string, { path, signature }: Job, words: readonly string[], how: string) =>
    run(python, [API, action, path, signature, keyFile(words), how]);
  return {
    name: 'reference API',
    sign: (job) => call('sign', job, job.credentials.sign, hashing),
    verify: (job, { trust }) =>
      call(
        'verify',
        job,
        trust === 'owner' ? job.credentials.trust : job.credentials.stranger,
        verifyHashing,
      ),
    refusalCode: undefined,
    refusals: REFUSALS,
  };
}

function keyFile(words: readonly string[]): string {
  const path = words[1];
  if (path === undefined) throw new Error('the API is used with keys only');
  return path;
}

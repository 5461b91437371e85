import { fileURLToPath } from 'node:url';
import { type Run, run } from './command.ts';
import { type Reason, signWords, type Tool, verifyWords } from './tool.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/oms.cjs', import.meta.url));

/** What its JSON says, so that a refusal for the wrong reason is not taken for the right one. */
const REFUSALS: Readonly<Record<Reason, RegExp>> = {
  content: code('MODEL_MISMATCH'),
  link: code('MODEL_MISMATCH'),
  stranger: code('KEY_MISMATCH', 'CERTIFICATE_REFUSED'),
  forgery: code('SIGNATURE_INVALID'),
};

/** This project's command line. */
export function oms(hashing: readonly string[] = []): Tool {
  return {
    name: 'oms',
    sign: (job) => runOms([...signWords(job), ...hashing, '--json']),
    verify: (job, options) => runOms([...verifyWords(job, options), '--json']),
    refusalCode: 1,
    refusals: REFUSALS,
  };
}

export function runOms(words: readonly string[], directory?: string): Promise<Run> {
  return run(process.execPath, [PROGRAM, ...words], directory);
}

/** Matches the code of an error in the JSON of oms. */
export function code(...codes: readonly string[]): RegExp {
  return new RegExp(`"code": "(${codes.join('|')})"`);
}

import { execFile } from 'node:child_process';

/** A program that has ended. */
export interface Run {
  /** As one would type it. */
  readonly command: string;
  /** -1 if the program could not be started or was killed. */
  readonly exitCode: number;
  /** Standard output, then standard error. */
  readonly output: string;
}

const TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** What would change how the programs behave, if the user's shell happens to have it. */
const UNWANTED = ['MODEL_SIGNING_LOG_LEVEL', 'OMS_PASSWORD', 'PYTHONPATH', 'PYTHONHOME'];

/** Kills whatever runs, when the user wants no more. */
export const stop = new AbortController();

/** Runs a program to its end. Never rejects. */
export function run(program: string, words: readonly string[], directory?: string): Promise<Run> {
  const env: NodeJS.ProcessEnv = { ...process.env, PYTHONUTF8: '1' };
  for (const name of UNWANTED) delete env[name];
  const options = {
    cwd: directory,
    env,
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    killSignal: 'SIGKILL',
    signal: stop.signal,
  } as const;
  const command = [program, ...words].map(shellWord).join(' ');
  return new Promise((resolve) => {
    execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) resolve({ command, exitCode: 0, output: stdout + stderr });
      else if (typeof error.code === 'number') {
        resolve({ command, exitCode: error.code, output: stdout + stderr });
      } else resolve({ command, exitCode: -1, output: `${stdout}${stderr}${error.message}\n` });
    }).stdin?.end();
  });
}

function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

import { Writable } from 'node:stream';
import { run } from '../../../src/cli/main.ts';
import {
  type Bundle,
  inspect,
  type Policy,
  type Verification,
  verify,
  type VerifyOptions,
} from '../../../src/index.ts';

/** What is tested. A test of the fuzzer puts something else in its place. */
export interface Subject {
  readonly verify: (
    model: string,
    bundle: string | Uint8Array | Bundle,
    policy: Policy,
    options?: VerifyOptions,
  ) => Promise<Verification>;
  readonly inspect: typeof inspect;
  /** The command line, in this process. */
  readonly command: (words: readonly string[]) => Promise<Printed>;
}

export interface Printed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const OMS: Subject = { verify, inspect, command };

async function command(words: readonly string[]): Promise<Printed> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const exitCode = await run(words, {
    // Nothing of what makes them terminals is asked of streams that are none.
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    stdin: process.stdin,
    env: {},
    interruptedBy: undefined,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

class Sink extends Writable {
  text = '';

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

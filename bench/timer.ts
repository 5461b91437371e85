import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface Command {
  readonly program: string;
  readonly words: readonly string[];
}

/** What one run of a program took. */
export interface Sample {
  /** From its start to its end, in milliseconds. */
  readonly wallMs: number;
  /** In user and system mode, of all threads. */
  readonly cpuMs: number;
  /** The most memory that it held at once. */
  readonly peakBytes: number;
}

/** What the script tells of a run. */
interface Told extends Sample {
  readonly exitCode: number;
  /** Processor time of all else on the machine, and of its other tenants; unknown without /proc. */
  readonly othersMs: number | null;
}

/** A run, and what it printed. */
export interface Run extends Sample {
  readonly output: string;
}

const SCRIPT = fileURLToPath(new URL('timer.py', import.meta.url));

/** What would change how fast programs are, or what they do, if the user's shell happens to have it. */
const UNWANTED = /^(PYTHON|NODE_|MODEL_SIGNING_|OMS_|OPENSSL_|GLIBC_TUNABLES$|MALLOC_|LD_PRELOAD$)/;

/** Runs programs, one at a time, and measures them as whole processes. */
export class Timer {
  readonly #python: string;
  readonly #env: NodeJS.ProcessEnv;
  #group: number | undefined;
  #wallMs = 0;
  #othersMs = 0;

  /** @param cache where programs may keep what they want to find again, such as compiled code. */
  constructor(python: string, cache: string) {
    this.#python = python;
    const kept = Object.entries(process.env).filter(([name]) => !UNWANTED.test(name));
    this.#env = { ...Object.fromEntries(kept), XDG_CACHE_HOME: cache };
  }

  /** Rejects if the program fails: how long that takes is of no interest. */
  async run(command: Command): Promise<Run> {
    const words = ['-I', '-S', SCRIPT, command.program, ...command.words];
    const child = spawn(this.#python, words, {
      env: this.#env,
      // A group of its own, so that the program under this process ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#group = child.pid;
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    this.#group = undefined;
    const end = stdout.lastIndexOf('\n', stdout.length - 2);
    const { exitCode, othersMs, ...sample } = parse(stdout.slice(end + 1));
    if (exitCode !== 0) {
      const shown = [command.program, ...command.words].join(' ').slice(0, 500);
      throw new Error(`this failed, with exit code ${exitCode}: ${shown}\n${stderr.trim()}`);
    }
    this.#wallMs += sample.wallMs;
    this.#othersMs += othersMs ?? NaN;
    return { ...sample, output: stdout.slice(0, end) };
  }

  /** How many processors others kept busy during all runs so far; `NaN` where that is unknown. */
  get disturbance(): number {
    return this.#othersMs / this.#wallMs;
  }

  /** Ends what runs. */
  kill(): void {
    if (this.#group === undefined) return;
    try {
      process.kill(-this.#group, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

function parse(line: string): Told {
  try {
    return JSON.parse(line) as Told;
  } catch {
    // The script's own failure: its trace is on standard error.
    return { exitCode: -1, wallMs: NaN, cpuMs: NaN, peakBytes: NaN, othersMs: null };
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/oms.cjs', import.meta.url));

/** A program that has not ended by then never will: one that waits for a FIFO, for example. */
const PATIENCE = 15_000;

/** How long a program may take to end once it was told to. */
const LAST_WORDS = 5_000;

/** What a process printed, and how it ended: its exit code, or the name of a signal. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: string;
}

export interface Circumstances {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The Node to run it with, and its own arguments. */
  readonly node?: readonly [string, ...string[]];
  /** Output whose reader is gone before anything is printed. */
  readonly closed?: 'stdout' | 'stderr';
  /** A file to print to, in place of what is compared. */
  readonly stdout?: string;
  /** Runs on a terminal, where this is typed when a question comes. */
  readonly typed?: string;
  /** What is typed is no secret. */
  readonly isShown?: boolean;
  /** Sent once the program has opened a file of this name, or this has come. */
  readonly interrupt?: {
    readonly signal: NodeJS.Signals;
    readonly during: string | Promise<unknown>;
  };
}

/** Runs the built command line in a process of its own. */
export async function runProgram(
  words: readonly string[],
  {
    cwd,
    env = {},
    node = [process.execPath],
    closed,
    stdout: output,
    typed,
    interrupt,
  }: Circumstances,
): Promise<Outcome> {
  const command = [...node, PROGRAM, ...words];
  const [file = '', ...rest] = typed === undefined ? command : onTerminal(command);
  const descriptor = output === undefined ? 'pipe' : openSync(output, 'w');
  const child = spawn(file, rest, {
    cwd,
    env: { ...inherited(), ...env },
    stdio: [typed === undefined ? 'ignore' : 'pipe', descriptor, 'pipe'],
  });
  if (typeof descriptor === 'number') closeSync(descriptor);
  if (closed !== undefined) child[closed]?.destroy();
  const interrupted = interrupt === undefined ? undefined : stop(child, interrupt);

  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  const [stdout, stderr, exit] = await Promise.all([
    read(child.stdout, typed === undefined ? undefined : answerTo(child, typed)),
    read(child.stderr),
    new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(signal ?? String(code)));
    }),
  ]);
  clearTimeout(patience);
  const stopped = await interrupted;
  const tookSeconds = stopped === undefined ? 0 : (Date.now() - stopped) / 1000;
  if (tookSeconds > LAST_WORDS / 1000) throw new Error(`it went on for ${tookSeconds} seconds`);
  return { stdout, stderr, exit: exit === 'SIGKILL' ? 'never' : exit };
}

function read(
  stream: NodeJS.ReadableStream | null,
  onText?: (text: string) => void,
): Promise<string> {
  return new Promise((resolve) => {
    if (stream === null || !stream.readable) return resolve('');
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
      onText?.(text);
    });
    stream.on('close', () => resolve(text));
  });
}

/** Nothing of the caller's environment but what a process needs, so that tests run alike. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'NODE_V8_COVERAGE'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What ends with a colon, or with the answers to choose from, behind which the cursor is put. */
// oxlint-disable-next-line no-control-regex -- terminals are moved by control characters
const QUESTION = /(?:: |\[y\/N\] )(?:\u001b\[\d+G)?$/;

/** Types a line once the program asks something. */
function answerTo({ stdin }: ChildProcess, line: string): (shown: string) => void {
  let isAnswered = false;
  return (shown) => {
    if (isAnswered || !QUESTION.test(shown)) return;
    isAnswered = true;
    stdin?.write(`${line}\r`);
  };
}

/** Sends a signal while the program is at work; returns when that was. */
async function stop(
  child: ChildProcess,
  { signal, during }: NonNullable<Circumstances['interrupt']>,
): Promise<number> {
  if (typeof during === 'string') await untilReading(child, during);
  else await during;
  child.kill(signal);
  return Date.now();
}

async function untilReading(child: ChildProcess, name: string): Promise<void> {
  for (let waited = 0; waited < PATIENCE && !isReading(child, name); waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Elsewhere nobody can see what a process does.
    if (process.platform !== 'linux' && waited >= 2000) break;
  }
}

function isReading({ pid }: ChildProcess, name: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some((fd) => readlinkSync(join(directory, fd)).endsWith(name));
  } catch {
    return false;
  }
}

/** The command that runs a command on a pseudo-terminal. */
function onTerminal(command: readonly string[]): readonly string[] {
  if (process.platform === 'linux' && find('script') !== undefined) {
    const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    return ['script', '--quiet', '--return', '--command', line, '/dev/null'];
  }
  const code = 'import os,pty,sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
  return ['python3', '-c', code, ...command];
}

/** Where a program is on the path. */
function find(name: string): string | undefined {
  return onPath(name)[0];
}

function onPath(name: string): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).flatMap((directory) => {
    try {
      return readdirSync(directory).includes(name) ? [join(directory, name)] : [];
    } catch {
      return [];
    }
  });
}

/** A Node on the path that is too old for this program, but not so old that it has no modules. */
export function findOldNode(): string | undefined {
  return onPath('node').find((path) => {
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    const major = Number(/^v(\d+)\./.exec(stdout)?.[1]);
    return major >= 16 && major < 22;
  });
}

/** Arguments that make the Node that runs this say that it is another version. */
export function pretending(version: string): readonly [string, ...string[]] {
  const code =
    `import { syncBuiltinESMExports } from 'node:module';` +
    `const value = { ...process.versions, node: '${version}' };` +
    `Object.defineProperty(process, 'versions', { value });` +
    `syncBuiltinESMExports();`;
  return [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

/** Where every process can get an identity token. Linux tells the maker of the machine. */
function isOnGoogleCloud(): boolean {
  try {
    return readFileSync('/sys/class/dmi/id/product_name', 'utf8').startsWith('Google');
  } catch {
    return false;
  }
}

/** Whether the platform offers something that a script needs. */
export function has(need: string): boolean {
  switch (need) {
    case 'posix':
      return process.platform !== 'win32';
    case 'linux':
      return process.platform === 'linux';
    case 'a user other than root':
      return process.platform !== 'win32' && process.getuid?.() !== 0;
    case 'a pseudo-terminal':
      return process.platform !== 'win32' && (find('script') ?? find('python3')) !== undefined;
    case 'an old Node':
      return findOldNode() !== undefined;
    case 'a machine outside Google Cloud':
      return !isOnGoogleCloud();
    default:
      throw new Error(`nobody knows whether there is ${need}`);
  }
}

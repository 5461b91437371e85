import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { execPath } from 'node:process';
import { quotedWithout } from '../network/redact.ts';
import { throwIfAborted } from '../pace.ts';
import {
  type AmbientOptions,
  type AmbientSource,
  checkedForm,
  ELSEWHERE,
  type Environment,
  isOn,
  noToken,
} from './source.ts';

const TIMEOUT = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/** A CI whose own program, on the search path of each job, asks for tokens. */
interface Tool {
  readonly name: string;
  /** The variable by which the CI tells of itself. */
  readonly variable: string;
  readonly program: string;
  readonly words: (audience: string) => readonly string[];
}

export const buildkite = sourceWith({
  name: 'Buildkite',
  variable: 'BUILDKITE',
  program: 'buildkite-agent',
  words: (audience) => ['oidc', 'request-token', '--audience', audience],
});

/** With the one issuer for all organisations, which other Sigstore clients ask for too. */
export const circleci = sourceWith({
  name: 'CircleCI',
  variable: 'CIRCLECI',
  program: 'circleci',
  words: (audience) => [
    'run',
    'oidc',
    'get',
    '--claims',
    JSON.stringify({ aud: audience }),
    '--root-issuer',
  ],
});

function sourceWith(tool: Tool): AmbientSource {
  const { name, variable, program } = tool;
  return {
    name,
    async find(options) {
      if (!isOn(options.env[variable])) return ELSEWHERE;
      const { output, failed } = await run(program, tool.words(options.audience), options);
      throwIfAborted(options.signal);
      const hint = `check that ${program} is installed in the job, and may ask for OpenID Connect tokens`;
      if (failed !== undefined) throw noToken(name, failed, hint);
      return checkedForm(output, name, hint);
    },
  };
}

interface Ended {
  readonly output: string;
  readonly failed: string | undefined;
}

/** Runs a program without a shell. Never rejects: the errors of `execFile` quote the output. */
function run(program: string, words: readonly string[], options: AmbientOptions): Promise<Ended> {
  const { env, timeout = TIMEOUT, signal } = options;
  const limits = { timeout, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES } as const;
  // Windows looks for a program where it is to run first: not in the model where the user stands.
  const place = { cwd: dirname(execPath), env: { ...env }, windowsHide: true } as const;
  const settings = { ...limits, ...place, ...(signal && { signal }) };
  return new Promise((resolve) => {
    execFile(program, words, settings, (error, output, complaint) => {
      const failed = error === null ? undefined : reasonOf(error, program, timeout);
      const last = complaint.trim().split('\n').at(-1) ?? '';
      const said =
        failed === undefined || last === '' ? '' : `: ${quotedWithout(secretsOf(env), last)}`;
      resolve({ output, failed: failed === undefined ? undefined : `${failed}${said}` });
    });
  });
}

type Failure = Parameters<NonNullable<Parameters<typeof execFile>[3]>>[0] & {};

function reasonOf({ code, killed }: Failure, program: string, timeout: number): string {
  if (code === 'ENOENT') return `there is no ${program} on the PATH`;
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return `${program} printed more than ${MAX_OUTPUT_BYTES} bytes`;
  }
  if (killed === true) return `${program} did not end within ${timeout / 1000} seconds`;
  return typeof code === 'number'
    ? `${program} ended with exit code ${code}`
    : `${program} could not be run`;
}

/** The values that a CI keeps secret go by names like these, and are not short. */
function secretsOf(env: Environment): string[] {
  const names = Object.keys(env).filter((name) => /(TOKEN|SECRET|PASSWORD|_KEY)$/i.test(name));
  return names.map((name) => env[name] ?? '').filter((value) => value.length >= 8);
}

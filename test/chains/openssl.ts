import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Purpose } from '../../src/trust/rules.ts';
import { pemOf } from '../helpers/pki.ts';
import type { Chain } from './draft.ts';
import type { Case } from './generate.ts';

const run = promisify(execFile);

export interface Openssl {
  readonly command: string;
  /** Such as `3.0`. */
  readonly version: string;
  /** How it calls our purposes. Before 3.2 it knows none of its own for code. */
  readonly purposes: Readonly<Record<Purpose, string>>;
}

/** The `openssl` of this machine, or `undefined`. */
export function findOpenssl(command = 'openssl'): Openssl | undefined {
  const { stdout, status } = spawnSync(command, ['version'], { encoding: 'utf8' });
  const [, version] = /^OpenSSL (\d+\.\d+)\./.exec(stdout ?? '') ?? [];
  if (status !== 0 || version === undefined) return undefined;
  const help = spawnSync(command, ['verify', '-help'], { encoding: 'utf8' });
  const knowsCode = /^\s+codesign\s/m.test(`${help.stdout}${help.stderr}`);
  return {
    command,
    version,
    purposes: { codeSigning: knowsCode ? 'codesign' : 'any', timeStamping: 'timestampsign' },
  };
}

/** Writes a chain where OpenSSL can read it: files whose names begin with `prefix`. */
export function writeFiles(prefix: string, { leaf, others, anchors }: Chain): void {
  for (const [part, ders] of Object.entries({ leaf: [leaf], others, anchors })) {
    const text = ders.map((der) => pemOf('CERTIFICATE', der)).join('');
    if (text !== '') writeFileSync(`${prefix}-${part}.pem`, text);
  }
}

/**
 * Why OpenSSL refuses a chain, or `undefined`. Anchors that are no roots count, as they do with us,
 * and keys and hashes must be as strong as ours (level 2: 112 bits).
 */
export async function askOpenssl(
  { command, purposes }: Openssl,
  prefix: string,
  { chain: { others, time }, purpose }: Pick<Case, 'chain' | 'purpose'>,
  isStrict: boolean,
): Promise<string | undefined> {
  const rules = ['-partial_chain', '-auth_level', '2', '-purpose', purposes[purpose]];
  const args = ['verify', ...rules, '-attime', `${time.getTime() / 1000}`];
  if (isStrict) args.push('-x509_strict');
  args.push('-trusted', `${prefix}-anchors.pem`);
  if (others.length > 0) args.push('-untrusted', `${prefix}-others.pem`);
  args.push(`${prefix}-leaf.pem`);
  try {
    await run(command, args);
    return undefined;
  } catch (error) {
    const { code, stderr = '' } = error as { readonly code?: unknown; readonly stderr?: string };
    // Not an answer: it did not start, or was ended.
    if (typeof code !== 'number') throw error;
    return reasonIn(stderr);
  }
}

function reasonIn(stderr: string): string {
  const [, reason] = /error \d+ at \d+ depth lookup: *(.*)/.exec(stderr) ?? [];
  return reason ?? (stderr.split('\n')[0] || 'it failed');
}

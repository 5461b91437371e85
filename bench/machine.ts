import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join, sep } from 'node:path';
import type { Venv } from '../scripts/interop/venv.ts';
import { GIB } from './units.ts';

/** Instructions that decide how fast hashing is: SHA-256 on x86 and ARM, and wide registers. */
const EXTENSIONS = ['sha_ni', 'sha2', 'sha512', 'sve', 'avx2', 'avx512f'];

/**
 * Describes the machine, without a name or a path of it.
 *
 * @param disturbance how many processors others kept busy meanwhile; not told if `NaN`.
 */
export function describeMachine(
  data: string,
  venv: Venv | undefined,
  disturbance: number,
): readonly string[] {
  const { node, openssl } = process.versions;
  return [
    `Processor: ${cpus()[0]?.model.trim()}, ${availableParallelism()} usable; ${extensions()}`,
    `Memory: ${Math.round(totalmem() / GIB)} GiB`,
    `System: ${type()} ${release()}; models on ${fileSystemOf(data)}`,
    `Node.js ${node} with OpenSSL ${openssl}`,
    `\`openssl\`: ${first('openssl', 'version')}`,
    reference(venv),
    ...(Number.isNaN(disturbance) ? [] : [`Others: ${busy(disturbance)} while it measured`]),
    `Date: ${new Date().toISOString().slice(0, 10)}, commit ${commit()}`,
  ];
}

const ROOT = join(import.meta.dirname, '..');
const SSL = 'import ssl; print(ssl.OPENSSL_VERSION)';

function reference(venv: Venv | undefined): string {
  if (venv === undefined) return 'Reference: not measured';
  return `Reference: ${venv.description} with ${first(venv.python, '-c', SSL)}`;
}

function busy(processors: number): string {
  return `kept ${Math.max(processors, 0).toFixed(2)} processors busy`;
}

function extensions(): string {
  const info = read('/proc/cpuinfo');
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(info ?? '')?.[1]?.split(/\s+/));
  const present = EXTENSIONS.filter((name) => flags.has(name));
  if (info === undefined) return 'extensions unknown';
  return present.length === 0 ? 'no SHA extensions' : present.join(', ');
}

/** Of the mount with the longest path that leads to the directory (`man 5 proc_pid_mounts`). */
function fileSystemOf(directory: string): string {
  let found = { point: '', kind: 'an unknown file system' };
  for (const line of read('/proc/self/mounts')?.split('\n') ?? []) {
    const [, point = '', kind = ''] = line.split(' ');
    const leads = `${directory}${sep}`.startsWith(point.endsWith(sep) ? point : point + sep);
    if (point !== '' && leads && point.length >= found.point.length) found = { point, kind };
  }
  return found.kind;
}

function commit(): string {
  const id = first('git', 'rev-parse', '--short=12', 'HEAD');
  const changes = first('git', 'status', '--porcelain', '--', '.', ':!bench/RESULTS.md');
  return changes === '' || changes === 'unknown' ? id : `${id} with changes`;
}

/** The first line that a program prints. */
function first(program: string, ...words: readonly string[]): string {
  const { stdout } = spawnSync(program, words, { cwd: ROOT, encoding: 'utf8' });
  return stdout?.split('\n')[0]?.trim() ?? 'unknown';
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

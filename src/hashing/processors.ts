import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, posix } from 'node:path';

/**
 * How many processors the process may keep busy. Node counts those that it may run on; a container
 * may have the time of fewer, which only the control group's files tell (Linux, cgroup v1 and v2).
 *
 * @param root where `/proc` and `/sys` are: for tests.
 */
export function usableProcessors(root = '/'): number {
  const present = availableParallelism();
  const quota = quotaOf(root);
  // A part of a processor is better used than not: 1.5 of them keep two threads busy.
  return quota === undefined ? present : Math.max(1, Math.min(present, Math.ceil(quota)));
}

/** The smallest quota that holds for the process, in processors. */
function quotaOf(root: string): number | undefined {
  const groups = read(root, '/proc/self/cgroup');
  const mounts = read(root, '/proc/self/mountinfo');
  if (groups === undefined || mounts === undefined) return undefined;
  const quotas = groups.split('\n').flatMap((line) => quotasOfGroup(root, line, mounts));
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/**
 * Of one line of `/proc/self/cgroup` (`man 7 cgroups`): number, controllers, path. Every group above
 * limits those below, so all are looked at.
 */
function quotasOfGroup(root: string, line: string, mounts: string): readonly number[] {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (controllers === undefined || path === undefined) return [];
  const isV2 = controllers === '';
  if (!isV2 && !controllers.split(',').includes('cpu')) return [];
  const mount = findMount(mounts, isV2);
  if (mount === undefined) return [];
  // In a container the group's own path may lie outside of what is mounted.
  const below = posix.relative(mount.root, path);
  let group = below === '..' || below.startsWith('../') ? '' : below;
  const quotas: number[] = [];
  for (;;) {
    const quota = (isV2 ? quotaV2 : quotaV1)(root, posix.join(mount.point, group));
    if (quota !== undefined) quotas.push(quota);
    if (group === '' || group === '.') return quotas;
    group = posix.dirname(group);
  }
}

/** Of a line of `/proc/self/mountinfo` (`man 5 proc_pid_mountinfo`): what is mounted, and where. */
function findMount(mounts: string, isV2: boolean): { root: string; point: string } | undefined {
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [type = '', , options = ''] = after.split(' ');
    const isCpu = type === 'cgroup' && options.split(',').includes('cpu');
    if (isV2 ? type !== 'cgroup2' : !isCpu) continue;
    const [, , , root, point] = before.split(' ');
    if (root !== undefined && point !== undefined) {
      return { root: unescape(root), point: unescape(point) };
    }
  }
  return undefined;
}

/** Blanks, tabs, line ends and backslashes stand as `\040` and so on, in octal. */
function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
}

function quotaV2(root: string, group: string): number | undefined {
  const [quota, period] = (read(root, posix.join(group, 'cpu.max')) ?? '').trim().split(' ');
  return ratioOf(quota, period);
}

function quotaV1(root: string, group: string): number | undefined {
  const quota = read(root, posix.join(group, 'cpu.cfs_quota_us'));
  return ratioOf(quota, read(root, posix.join(group, 'cpu.cfs_period_us')));
}

/** No quota is "max" in v2, and -1 in v1. */
function ratioOf(quota: string | undefined, period: string | undefined): number | undefined {
  const ratio = Number(quota) / Number(period);
  return ratio > 0 && Number.isFinite(ratio) ? ratio : undefined;
}

function read(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

import { availableParallelism } from 'node:os';
import { describe, expect, it, type Mock, vi } from 'vitest';
import { usableProcessors } from '../../src/hashing/processors.ts';
import { makeModel } from '../helpers/model.ts';

vi.mock(import('node:os'), async (original) => {
  return { ...(await original()), availableParallelism: vi.fn(() => 8) };
});

/** How many processors a machine with 8 gives, with these files below its root. */
function processorsWith(files: Readonly<Record<string, string>>): number {
  return usableProcessors(makeModel(files));
}

const V2 = '31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';

/** With cgroup v2: the process is in this group, and groups have these quotas. */
function inV2(group: string, quotas: Readonly<Record<string, string>>, mountinfo = V2): number {
  const limits = Object.entries(quotas).map(([path, text]) => {
    return [`sys/fs/cgroup${path}/cpu.max`, `${text}\n`] as const;
  });
  return processorsWith({
    'proc/self/cgroup': `0::${group}\n`,
    'proc/self/mountinfo': mountinfo,
    ...Object.fromEntries(limits),
  });
}

const V1 = [
  '25 18 0:21 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755',
  '26 25 0:22 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset',
  '27 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw master:4 - cgroup cgroup rw,cpu,cpuacct',
  '28 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
].join('\n');

const GROUPS_V1 = ['7:memory:/other', '6:cpuset:/other', '3:cpu,cpuacct:/job', '1:name=systemd:/'];

/** With cgroup v1: groups have these quotas and periods, in microseconds. */
function inV1(
  quotas: Readonly<Record<string, readonly [string, string]>>,
  mountinfo = V1,
  groups: readonly string[] = GROUPS_V1,
): number {
  const limits = Object.entries(quotas).flatMap(([path, [quota, period]]) => {
    return [
      [`sys/fs/cgroup/${path}/cpu.cfs_quota_us`, `${quota}\n`],
      [`sys/fs/cgroup/${path}/cpu.cfs_period_us`, `${period}\n`],
    ] as const;
  });
  return processorsWith({
    'proc/self/cgroup': `${groups.join('\n')}\n`,
    'proc/self/mountinfo': `${mountinfo}\n`,
    ...Object.fromEntries(limits),
  });
}

describe('without a quota', () => {
  it('all processors are usable that Node counts', () => {
    expect(processorsWith({})).toBe(8);
    expect(usableProcessors('/nonexistent')).toBe(8);
    (availableParallelism as Mock<() => number>).mockReturnValueOnce(3);
    expect(usableProcessors('/nonexistent')).toBe(3);
  });

  it('this machine says something sensible', () => {
    expect(usableProcessors()).toBeGreaterThanOrEqual(1);
    expect(usableProcessors()).toBeLessThanOrEqual(8);
    expect(usableProcessors()).toBe(usableProcessors('/'));
  });

  it.each([
    ['only groups', { 'proc/self/cgroup': '0::/\n' }],
    ['only mounts', { 'proc/self/mountinfo': V2 }],
    ['garbage', { 'proc/self/cgroup': 'a\0:::\n::/x\n\n', 'proc/self/mountinfo': ' - \n- - -\n' }],
    ['no mount', { 'proc/self/cgroup': '0::/\n', 'proc/self/mountinfo': '' }],
    ['a mount without fields', { 'proc/self/cgroup': '0::/', 'proc/self/mountinfo': ' - cgroup2' }],
  ])('%s changes nothing', (_, files) => {
    expect(
      processorsWith({ 'sys/fs/cgroup/cpu.max': '100000 100000', 'cpu.max': '1 1', ...files }),
    ).toBe(8);
  });
});

describe('with cgroup v2', () => {
  it.each([
    ['200000 100000', 2],
    ['300000 100000', 3],
    ['50000 100000', 1],
    ['150000 100000', 2],
    ['1000 100000', 1],
    ['100000 50000', 2],
    ['800000 100000', 8],
    ['6400000 100000', 8],
    ['max 100000', 8],
    ['max', 8],
    ['', 8],
    ['garbage in here', 8],
    ['200000', 8],
    ['0 100000', 8],
    ['-1 100000', 8],
    ['100000 0', 8],
    ['Infinity 1', 8],
  ])('a quota of "%s" makes %d of 8', (quota, count) => {
    expect(inV2('/a/b', { '/a/b': quota })).toBe(count);
  });

  it('the quota of a parent holds too, and the smallest of all', () => {
    expect(inV2('/a/b/c', { '/a': '200000 100000' })).toBe(2);
    expect(inV2('/a/b/c', { '/a/b': '300000 100000', '/a/b/c': 'max 100000' })).toBe(3);
    expect(inV2('/a/b/c', { '/a': '400000 100000', '/a/b/c': '500000 100000' })).toBe(4);
    expect(inV2('/a/b/c', { '/a': '500000 100000', '/a/b/c': '400000 100000' })).toBe(4);
    expect(inV2('/a/b/c', { '': '200000 100000', '/a/b/c': '400000 100000' })).toBe(2);
  });

  it('the quota of another group does not', () => {
    expect(inV2('/a/b', { '/a/b/c': '100000 100000', '/a/c': '100000 100000' })).toBe(8);
    expect(inV2('/', { '/a': '100000 100000' })).toBe(8);
  });

  it('a container that sees its own group as the root has the quota of it', () => {
    expect(inV2('/', { '': '200000 100000' })).toBe(2);
  });

  it('a container whose group lies outside of what is mounted has the quota of the mount', () => {
    const mounted = V2.replace(' / ', ' /docker/abc ');
    const quotas = {
      '': '300000 100000',
      '/x': '100000 100000',
      // What lies beside the mount is no group.
      '/../../other/x': '100000 100000',
    };
    expect(inV2('/docker/abc', quotas, mounted)).toBe(3);
    expect(inV2('/other/x', quotas, mounted)).toBe(3);
    expect(inV2('/docker', quotas, mounted)).toBe(3);
    expect(inV2('/docker/abc/x', quotas, mounted)).toBe(1);
    expect(inV2('/../other', { '': '300000 100000' }, V2.replace(' / ', ' /.. '))).toBe(3);
  });

  it('may be mounted anywhere', () => {
    const mountinfo = V2.replace('/sys/fs/cgroup', '/mnt/groups');
    expect(
      processorsWith({
        'proc/self/cgroup': '0::/job\n',
        'proc/self/mountinfo': `1 0 8:1 / / rw - ext4 /dev/sda1 rw\n${mountinfo}`,
        'mnt/groups/job/cpu.max': '200000 100000\n',
        'sys/fs/cgroup/job/cpu.max': '100000 100000\n',
      }),
    ).toBe(2);
  });

  it('has groups with colons, blanks and dots in their names', () => {
    expect(inV2('/a:b c', { '/a:b c': '200000 100000' })).toBe(2);
    expect(inV2('/a/..b', { '/a/..b': '200000 100000' })).toBe(2);
  });

  it('has a group whose name begins with dots', () => {
    expect(inV2('/..b', { '/..b': '200000 100000' })).toBe(2);
  });

  it('may be mounted at a path with blanks', () => {
    const mountinfo = V2.replace('/sys/fs/cgroup', String.raw`/mnt/all\040my\134groups`);
    expect(
      processorsWith({
        'proc/self/cgroup': '0::/job\n',
        'proc/self/mountinfo': mountinfo,
        'mnt/all my\\groups/job/cpu.max': '200000 100000\n',
      }),
    ).toBe(2);
  });
});

describe('with cgroup v1', () => {
  it.each([
    ['200000', '100000', 2],
    ['150000', '100000', 2],
    ['50000', '100000', 1],
    ['-1', '100000', 8],
    ['0', '100000', 8],
    ['garbage', '100000', 8],
    ['200000', 'garbage', 8],
    ['9900000', '100000', 8],
  ])('a quota of %s in %s makes %d of 8', (quota, period, count) => {
    expect(inV1({ 'cpu,cpuacct/job': [quota, period] })).toBe(count);
  });

  it('the quota of a parent holds too, and that of no other controller', () => {
    expect(inV1({ 'cpu,cpuacct': ['300000', '100000'] })).toBe(3);
    expect(inV1({ 'memory/other': ['100000', '100000'], cpuset: ['100000', '100000'] })).toBe(8);
    expect(inV1({ 'cpu,cpuacct/other': ['100000', '100000'] })).toBe(8);
  });

  it('the controller may be mounted alone, or with others', () => {
    const alone = V1.replaceAll('cpu,cpuacct', 'cpu');
    const groups = ['3:cpu:/job', '2:cpuacct:/', '1:cpuset:/x'];
    expect(inV1({ 'cpu/job': ['200000', '100000'] }, alone, groups)).toBe(2);
    const others = ['3:cpuacct,cpu:/job'];
    expect(inV1({ 'cpu,cpuacct/job': ['200000', '100000'] }, V1, others)).toBe(2);
    const accounting = V1.replace('rw,cpu,cpuacct', 'rw,cpuacct');
    expect(inV1({ 'cpu,cpuacct/job': ['200000', '100000'] }, accounting, GROUPS_V1)).toBe(8);
  });

  it('lacks one of its two files, and then says nothing', () => {
    const files = { 'proc/self/cgroup': '3:cpu:/\n', 'proc/self/mountinfo': V1 };
    const group = 'sys/fs/cgroup/cpu,cpuacct';
    expect(processorsWith({ ...files, [`${group}/cpu.cfs_quota_us`]: '100000' })).toBe(8);
    expect(processorsWith({ ...files, [`${group}/cpu.cfs_period_us`]: '100000' })).toBe(8);
  });

  it('and v2 beside it, the controller counts where it is', () => {
    const hybrid = `${V1}\n30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`;
    const groups = [...GROUPS_V1, '0::/job'];
    expect(inV1({ 'cpu,cpuacct/job': ['200000', '100000'] }, hybrid, groups)).toBe(2);
    expect(
      processorsWith({
        'proc/self/cgroup': groups.join('\n'),
        'proc/self/mountinfo': hybrid,
        'sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us': '400000',
        'sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us': '100000',
        'sys/fs/cgroup/unified/job/cpu.max': '300000 100000',
      }),
    ).toBe(3);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clearUnfinished, unfinishedName } from '../../src/cli/unfinished.ts';
import { makeModel } from '../helpers/model.ts';
import { refusal } from '../helpers/refusal.ts';

const HOUR = 3_600_000;

/** The number of a process that has ended. */
const GONE = spawnSync(process.execPath, ['--version']).pid;

/** The name that a process of this number gives, here or on another machine. */
function nameOf(writer: number, machine?: string): string {
  const [, here = '', , random = ''] = unfinishedName().split('-');
  return `.oms-${machine ?? here}-${writer}-${random}`;
}

/** A model in which there is one more file, so and so old. Returns what is left of the two. */
async function clearedOf(name: string, age = 0): Promise<readonly string[]> {
  const model = makeModel({ a: '1', [name]: '{"mediaType":' });
  const time = new Date(Date.now() - age);
  utimesSync(join(model, name), time, time);
  clearUnfinished(join(model, 'model.sig'), model);
  return readdirSync(model);
}

describe('what a killed run has left', () => {
  it('is removed, when its process is gone', async () => {
    expect(await clearedOf(nameOf(GONE))).toEqual(['a']);
  });

  it('is removed, when its process had the number of this one', async () => {
    expect(await clearedOf(nameOf(process.pid))).toEqual(['a']);
  });

  it('is not removed while its process lives, and is not signed', async () => {
    const error = await refusal(() => clearedOf(nameOf(process.ppid)), 'WRITE_FAILED');
    expect(error.message).toMatch(/another run may be at it, with ".*\.tmp"$/);
    expect(error.hint).toContain('remove that file');
  });

  it('is not removed while nobody can know whether its process lives', async () => {
    await refusal(() => clearedOf(nameOf(GONE, '00000000')), 'WRITE_FAILED');
  });

  it.each([
    ['lives', nameOf(process.ppid)],
    ['is on another machine', nameOf(GONE, '00000000')],
  ])('is removed after some time, though a process of its number %s', async (_, name) => {
    expect(await clearedOf(name, HOUR)).toEqual(['a']);
  });

  it('disturbs nobody beside a model of one file, where others may be at work', () => {
    const directory = makeModel({ a: '1', b: '2' });
    const names = [nameOf(GONE), nameOf(process.ppid)] as const;
    for (const name of names) writeFileSync(join(directory, name), '');
    clearUnfinished(join(directory, 'a.sig'), join(directory, 'a'));
    expect(readdirSync(directory)).toEqual([names[1], 'a', 'b']);
  });

  it('may be in a directory that is not there', () => {
    const model = makeModel({ a: '1' });
    expect(() => clearUnfinished(join(model, 'none', 'model.sig'), model)).not.toThrow();
  });
});

describe('a file of another name', () => {
  it.each([
    '.oms-0123456789ab.tmp',
    `x${nameOf(GONE)}`,
    `${nameOf(GONE)}.bin`,
    nameOf(GONE).replace('.tmp', '.TMP'),
    nameOf(GONE).toUpperCase(),
    'weights.tmp',
  ])('is never removed: %s', async (name) => {
    expect(await clearedOf(name, HOUR)).toEqual([name, 'a'].toSorted());
  });
});

describe('what is no file, under such a name', () => {
  it('is left where it is', () => {
    const model = makeModel({ a: '1' });
    const names = [nameOf(GONE), nameOf(GONE)] as const;
    mkdirSync(join(model, names[0]));
    symlinkSync('a', join(model, names[1]));
    clearUnfinished(join(model, 'model.sig'), model);
    expect(readdirSync(model)).toEqual([...names, 'a'].toSorted());
  });
});

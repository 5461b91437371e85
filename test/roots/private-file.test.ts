import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replacePrivately } from '../../src/roots/private-file.ts';
import { temporaryDirectory } from '../helpers/model.ts';

const HOUR = 3_600_000;

describe('a file that is kept privately', () => {
  it('is replaced, and what killed processes have left beside it goes', () => {
    const directory = temporaryDirectory();
    const old = new Date(Date.now() - HOUR);
    const left = ['trust.json.0123456789ab.new', 'trust.json.ba9876543210.new'];
    const others = [
      'other.json.0123456789ab.new',
      'trust.json.0123456789AB.new',
      'trust.json.0123456789ab.new.txt',
      'trust.json.new',
    ];
    const recent = 'trust.json.aaaaaaaaaaaa.new';
    for (const name of [...left, ...others]) {
      writeFileSync(join(directory, name), '');
      utimesSync(join(directory, name), old, old);
    }
    // Somebody may be writing this one now.
    writeFileSync(join(directory, recent), '');
    replacePrivately(join(directory, 'trust.json'), 'new');
    expect(readFileSync(join(directory, 'trust.json'), 'utf8')).toBe('new');
    expect(readdirSync(directory)).toEqual([...others, recent, 'trust.json'].toSorted());
  });
});

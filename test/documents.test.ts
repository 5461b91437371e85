import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  anchorsIn,
  citationsIn,
  linksIn,
  rowsIn,
  scriptTitlesIn,
  sectionOf,
  titlesIn,
} from './helpers/markdown.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** What is made, installed, or belongs to programs. */
const PASSED_OVER = /^(?:node_modules|dist|coverage|reports|\.(?!github$|ci$).*)$/;

const FILES: ReadonlySet<string> = new Set(filesBelow(''));

function filesBelow(directory: string): readonly string[] {
  return readdirSync(join(ROOT, directory), { withFileTypes: true }).flatMap((entry) => {
    const name = join(directory, entry.name);
    if (PASSED_OVER.test(entry.name) || entry.isSymbolicLink()) return [];
    return entry.isDirectory() ? filesBelow(name) : [name];
  });
}

const DOCUMENTS = [...FILES].filter((name) => name.endsWith('.md')).toSorted();

function read(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}

/** Where a path in a document leads, relative to the root. */
function from(document: string, target: string): string {
  return target === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), target));
}

function isThere(name: string): boolean {
  return FILES.has(name) || [...FILES].some((file) => file.startsWith(name + sep));
}

function titlesOf(file: string): ReadonlySet<string> {
  return file.endsWith('.txt') ? scriptTitlesIn(read(file)) : titlesIn(read(file));
}

/** A path without its ending as tables name it: one file, all of a folder (`x/*`), or a folder. */
function isNamed(folder: string, name: string): boolean {
  const path = join(folder, name.replace(/\/\*$/, ''));
  return ['', '.ts', '.test.ts', '.txt'].some((ending) => isThere(path + ending));
}

describe.each(DOCUMENTS)('%s', (document) => {
  const text = read(document);
  const links = linksIn(text);
  const inside = links.filter(({ target }) => !/^[a-z]+:/.test(target));

  it('links to files that are there', () => {
    const gone = inside.filter(({ target }) => !isThere(from(document, target)));
    expect(gone).toEqual([]);
  });

  it('links to headings that are there', () => {
    const lost = inside
      .filter(({ anchor }) => anchor !== undefined)
      .filter(({ target, anchor = '' }) => {
        return !anchorsIn(read(from(document, target))).includes(anchor);
      });
    expect(lost).toEqual([]);
  });

  it('cites tests that are there', () => {
    const unknown = citationsIn(text).flatMap(({ file, titles }) => {
      const known = titlesOf(from(document, file));
      return titles.filter((title) => !known.has(title)).map((title) => ({ file, title }));
    });
    expect(unknown).toEqual([]);
  });

  it('links to https only', () => {
    expect(links.filter(({ target }) => target.startsWith('http:'))).toEqual([]);
  });
});

describe('the threat model', () => {
  const text = read('docs/threat-model.md');
  const threats = rowsIn(
    sectionOf(text, '## Threats, what stops them, and the test that shows it'),
  );

  it('has for each threat what stops it, and a test that shows it', () => {
    expect(threats.length).toBeGreaterThan(60);
    for (const [threat, stop = '', shown = '', ...others] of threats) {
      expect(others, threat).toEqual([]);
      expect(linksIn(stop).length, `what stops: ${threat}`).toBeGreaterThan(0);
      expect(citationsIn(shown).length, `what shows: ${threat}`).toBeGreaterThan(0);
    }
  });

  it('has no test that is named and not cited', () => {
    for (const [, , shown = ''] of threats) {
      const cited = citationsIn(shown).map(({ file }) => file);
      expect(linksIn(shown).map(({ target }) => target)).toEqual(cited);
    }
  });
});

describe('how we read the specification', () => {
  const rows = rowsIn(read('spec/README.md')).filter((cells) => cells.length === 4);
  const names = (cell = ''): readonly string[] =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

  it('names modules and tests that are there', () => {
    expect(rows.length).toBeGreaterThan(50);
    for (const [clause, , modules, tests] of rows) {
      for (const name of names(modules)) {
        expect(isNamed('src', name), `${clause}: module ${name}`).toBe(true);
      }
      for (const name of names(tests)) {
        expect(isNamed('test', name), `${clause}: test ${name}`).toBe(true);
      }
    }
  });
});

describe('the baseline', () => {
  const text = read('docs/baseline.md');
  const rows = rowsIn(text).filter(([id]) => id?.startsWith('OSPS-'));
  const settings = new Set(rowsIn(sectionOf(text, '## Settings')).map(([name]) => name));

  it('has all requirements of levels 1 and 2, once', () => {
    const ids = rows.flatMap(([cell = '']) => cell.match(/OSPS-[A-Z]{2}-\d\d\.\d\d/g) ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(43);
  });

  it('says of each whether it is met, by what, and which setting it needs', () => {
    for (const [requirement, level = '', state = '', what = ''] of rows) {
      expect(level, requirement).toMatch(/^[12]$/);
      expect(state, requirement).toMatch(/^(?:met|setting|open|not applicable)$/);
      expect(what, requirement).not.toBe('');
      if (state === 'setting') expect(what, requirement).toContain('](#settings)');
      for (const [, name] of what.matchAll(/\[(S\d)\]/g)) expect(settings).toContain(name);
    }
  });
});

describe('the repository', () => {
  it('holds text only', () => {
    const binary = [...FILES].filter((name) => readFileSync(join(ROOT, name)).includes(0));
    expect(binary).toEqual([]);
  });
});

describe('what reads the documents', () => {
  it('finds links and anchors, and none in code', () => {
    const text = '# A `b`, c!\n[x](y.md#z) `[no](no)`\n```sh\n# d\n[no](no)\n```\n[`e`](#f)\n';
    expect(linksIn(text)).toEqual([
      { target: 'y.md', anchor: 'z' },
      { target: '', anchor: 'f' },
    ]);
    expect(anchorsIn(text)).toEqual(['a-b-c']);
  });

  it('finds what is cited, and what there is', () => {
    const cited = citationsIn('[a](../test/a.test.ts) "one", "two"; [b](../src/b.ts) "no"');
    expect(cited).toEqual([{ file: '../test/a.test.ts', titles: ['one', 'two'] }]);
    const source = [
      "it('one', () => {})",
      "it.each([\n  ['no', 1],\n])('two %s',\n { timeout: 5 }, async () => {})",
      "call('no', 5)",
      "describe(`it\\'s`, () => {})",
    ].join('\n');
    expect([...titlesIn(source)]).toEqual(['one', 'two %s', "it's"]);
    expect([...scriptTitlesIn('# no\n## three\n')]).toEqual(['three']);
  });

  it('finds rows, and sections', () => {
    const text = '## a\n| h | i |\n|---|---|\n| 1 | 2 |\n### b\n| 3 | 4 |\n## c\n| 5 | 6 |\n';
    expect(rowsIn(`\n${text}`)).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
    ]);
    expect(rowsIn(sectionOf(`\n${text}`, '## a'))).toHaveLength(2);
  });
});

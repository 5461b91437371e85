import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCES = resolve(import.meta.dirname, '../src');

/** From what may import to what may be imported: an import goes to the right, or stays. */
const LAYERS: readonly (readonly string[])[] = [
  ['cli'],
  ['index.ts'],
  ['api'],
  ['signers'],
  ['verifiers'],
  ['roots'],
  ['trust', 'hashing', 'identity'],
  ['network'],
  ['format'],
  ['model'],
  ['pace.ts'],
  ['errors.ts'],
  ['printable.ts'],
];

const IMPORT = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g;

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsIn(file: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map(([, target = '']) => ({
    from: relative(SOURCES, file),
    to: relative(SOURCES, resolve(dirname(file), target)),
  }));
}

function rankOf(path: string): number {
  const room = path.split(sep)[0] ?? '';
  return LAYERS.findIndex((layer) => layer.includes(room));
}

function offends({ from, to }: Import): boolean {
  const sameRoom = from.split(sep)[0] === to.split(sep)[0];
  return rankOf(from) < 0 || rankOf(to) < 0 || (!sameRoom && rankOf(from) >= rankOf(to));
}

describe('imports between the rooms of src', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(SOURCES, name));
  const imports = files.flatMap((file) => importsIn(file, readFileSync(file, 'utf8')));

  it('are found at all', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it('go in one direction', () => {
    expect(imports.filter(offends)).toEqual([]);
  });

  it('would be noticed the other way round', () => {
    const file = join(SOURCES, 'model', 'names.ts');
    const wrong = importsIn(file, "import { sign } from '../api/sign.ts';");
    expect(wrong.filter(offends)).toHaveLength(1);
  });

  it('leave reading the environment and the terminal to the command line', () => {
    const library = files.filter((file) => !relative(SOURCES, file).startsWith('cli'));
    const offenders = library.filter((file) =>
      /process\.(env|exit|stdout|stderr|stdin|argv)|console\./.test(readFileSync(file, 'utf8')),
    );
    expect(offenders).toEqual([]);
  });
});

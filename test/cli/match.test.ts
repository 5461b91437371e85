import { expect, test } from 'vitest';
import { fillIn, inWordsOf } from './match.ts';
import { parseScripts, splitWords } from './script.ts';

const DIGEST = 'a'.repeat(64);

test.for<[string, string[], string[]]>([
  ['the same lines', ['one', 'two'], ['one', 'two']],
  ['any text within a line', ['sha256:… (P-256)'], [`sha256:${DIGEST} (P-256)`]],
  ['no text within a line', ['a…b'], ['ab']],
  ['any lines', ['one', '⋮', 'four'], ['one', 'two', 'three', 'four']],
  ['no lines', ['one', '⋮', 'two', '⋮'], ['one', 'two']],
  ['characters of regular expressions', ['(a+b) [c] $d ^ |\\'], ['(a+b) [c] $d ^ |\\']],
  ['a name twice', ['{name} is {name}', '{name}'], ['x is x', 'x']],
])('output matches: %s', ([, expected, actual]) => {
  expect(inWordsOf(expected, actual, new Map())).toEqual(expected);
});

test.for<[string, string[], string[], string[]]>([
  ['another line', ['one', 'two'], ['one', 'three'], ['one', 'three']],
  ['a line more', ['one'], ['one', 'two'], ['one', 'two']],
  ['a line less', ['one', 'two'], ['one'], ['one']],
  ['lines in another order', ['one', 'two'], ['two', 'one'], ['two', 'one']],
  ['something behind it', ['one …'], ['one two', 'three'], ['one …', 'three']],
  ['a line after any lines', ['⋮', 'two'], ['one', 'two', 'three'], ['⋮', 'two', 'three']],
  ['a name for two things', ['{name}', '{name}'], ['x', 'y'], ['{name}', 'y']],
  ['a dot that is no wildcard', ['a.b'], ['axb'], ['axb']],
])('output does not match: %s', ([, expected, actual, shown]) => {
  const result = inWordsOf(expected, actual, new Map());
  expect(result).not.toEqual(expected);
  expect(result).toEqual(shown);
});

test('a name that was found is filled into commands', () => {
  const names = new Map<string, string>();
  inWordsOf(['sha256:{root}'], [`sha256:${DIGEST}`], names);
  expect(fillIn('--digest={root}', names)).toBe(`--digest=${DIGEST}`);
  expect(fillIn('{other} {}', names)).toBe('{other} {}');
});

test('words are split as in a shell', () => {
  expect(splitWords(`oms  "a b" 'c "d"' e"f\\ng"'h'`)).toEqual(['oms', 'a b', 'c "d"', 'ef\ngh']);
  expect(splitWords('sign "" --x=""')).toEqual(['sign', '', '--x=']);
});

test('a script is read line by line', () => {
  const { scripts, files } = parseScripts(
    [
      'mkdir model',
      '## first',
      '$ oms digest model',
      '> out',
      '>',
      '! err',
      'exit 3',
      '## second',
      'needs posix',
      'todo it is wrong',
      'with directory model',
      '$ oms',
      '-- a/b --',
      '$ text',
      '-- c --',
      '',
    ].join('\n'),
    'test.txt',
  );
  expect(scripts).toMatchObject([
    { title: 'first', needs: [], todo: undefined },
    { title: 'second', needs: ['posix'], todo: 'it is wrong' },
  ]);
  expect(scripts[0]?.steps).toMatchObject([
    { line: 1, words: ['mkdir', 'model'], expected: undefined },
    { line: 3, expected: { stdout: ['out', ''], stderr: ['err'], exit: '3' } },
  ]);
  expect(scripts[1]?.steps[1]).toMatchObject({ modifiers: [['directory', 'model']] });
  expect(files).toEqual(
    new Map([
      ['a/b', '$ text\n'],
      ['c', ''],
    ]),
  );
});

test.for(['> out', 'exit 1', '  indented', 'Not a line'])('%j is no script', (line) => {
  expect(() => parseScripts(`## title\n${line}\n`, 'test.txt')).toThrow(`test.txt:2: `);
});

import type { Model } from './model.ts';

const GIT = {
  '.git/HEAD': 'ref: refs/heads/main\n',
  '.gitattributes': '*.bin filter=lfs\n',
  '.github/workflows/ci.yml': 'on: push\n',
  '.gitignore': '*.tmp\n',
};

export const FLAT: Model = {
  title: 'flat',
  files: { 'config.json': '{"layers": 2}\n', 'model.safetensors': 'weights', 'README.md': '# A\n' },
  tampered: 'model.safetensors',
};

export const NESTED: Model = {
  title: 'nested',
  files: {
    'a/b': 'slash',
    'a-b': 'hyphen',
    'a.txt': 'full stop',
    a0: 'digit',
    'z/y/x/deep.bin': 'deep',
    'z/y.bin': 'less deep',
    'a.d/c': 'directory with an extension',
  },
  tampered: 'z/y/x/deep.bin',
  otherOrder: true,
};

export const PUNCTUATION: Model = {
  title: 'spaces and punctuation',
  files: Object.fromEntries(
    [
      'a b.txt',
      ' before',
      'after ',
      '-leading',
      '--signature',
      '.hidden',
      '...',
      'colon:0:10',
      'star*?[x]{y}.txt',
      `quotes'"\`.txt`,
      String.raw`back\slash`,
      '~!@#$%^&()_+=;,<>|.txt',
      'percent%2Fescape',
      'tab\tand\nnewline',
      '__proto__',
      'constructor',
    ].map((name) => [name, `content of ${JSON.stringify(name)}`]),
  ),
  tampered: 'colon:0:10',
};

export const UNICODE: Model = {
  title: 'Unicode names',
  files: {
    'モデル/権重.bin': 'CJK',
    '模型.json': 'CJK too',
    '한국어.txt': 'Hangul',
    '😀.bin': 'beyond U+FFFF: in UTF-16 before the next three, by code point after them',
    '\u{10FFFD}.bin': 'the last private code point',
    '\uE000.bin': 'private use',
    '\uF8FF.bin': 'private use',
    'ﬁ.bin': 'a ligature, U+FB01',
    'cafe\u0301.txt': 'combining accent',
    'naïve.txt': 'precomposed',
    'مرحبا.txt': 'right to left',
    'zero\u200Bwidth.txt': 'zero-width space',
  },
  tampered: '😀.bin',
};

export const EMPTY_FILE: Model = {
  title: 'an empty file',
  files: { 'weights.bin': 'weights', '__init__.py': '' },
  tampered: '__init__.py',
};

export const IGNORED: Model = {
  title: 'ignored paths',
  files: {
    'weights.bin': 'weights',
    'notes.txt': 'not signed',
    'cache/blob': 'not signed',
    'cache/deep/blob': 'not signed',
    'cached.bin': 'signed: its name only begins like an ignored one',
    'sub/notes.txt': 'signed: ignored at the top only',
  },
  ignored: ['notes.txt', 'cache'],
  harmless: { 'notes.txt': 'another text', 'cache/deep/more': 'another file' },
  tampered: 'sub/notes.txt',
};

export const SIGNATURE_INSIDE: Model = {
  title: 'signature inside the model',
  files: { 'weights.bin': 'weights', 'sub/model.sig': 'signed: not the signature' },
  signatureInside: true,
  tampered: 'sub/model.sig',
};

export const LINKS: Model = {
  title: 'symbolic links',
  files: { 'blobs/one': 'content', 'weights.bin': 'weights' },
  links: { 'model.bin': 'blobs/one', 'snapshots/main/model.bin': '../../blobs/one' },
  tampered: 'blobs/one',
};

export const GIT_IGNORED: Model = {
  title: 'git paths, ignored',
  files: { ...GIT, 'weights.bin': 'weights', 'sub/.gitignore': 'signed', '.gitmodules': 'signed' },
  harmless: { '.git/HEAD': 'ref: refs/heads/other\n', '.gitignore': '', '.git/index': 'new' },
  tampered: 'sub/.gitignore',
};

export const GIT_COUNTED: Model = {
  title: 'git paths, counted',
  files: { ...GIT, 'weights.bin': 'weights' },
  withGit: true,
  tampered: '.git/HEAD',
};

export const UNSIGNED: Model = {
  title: 'an unsigned file, accepted',
  files: { 'weights.bin': 'weights', 'sub/more.bin': 'more' },
  withUnsigned: true,
  harmless: { 'sub/extra.bin': 'added later', 'new/extra.bin': 'added later' },
  tampered: 'weights.bin',
};

const DECIMALS = Array.from({ length: 12 }, (_, index) => `shard ${index}`.padEnd(10)).join('');

/** For shards of ten bytes: the reference sorts them by path, then by number. */
export const SOME_SHARDS: Model = {
  title: 'shards, ten of a file',
  files: { 'b.bin': DECIMALS.slice(0, 100), 'a.bin': DECIMALS.slice(0, 25) },
  tampered: 'a.bin',
};

export const MANY_SHARDS: Model = {
  title: 'shards, twelve of a file',
  files: { 'a.bin': DECIMALS },
  tampered: 'a.bin',
  otherOrder: true,
};

export const PREFIX_NAMES: Model = {
  title: 'shards, a name that begins another',
  files: { model: 'weights', 'model.bin': 'other' },
  tampered: 'model',
  otherOrder: true,
};

export const MODELS: readonly Model[] = [
  FLAT,
  NESTED,
  PUNCTUATION,
  UNICODE,
  EMPTY_FILE,
  IGNORED,
  SIGNATURE_INSIDE,
  LINKS,
  GIT_IGNORED,
  GIT_COUNTED,
  UNSIGNED,
];

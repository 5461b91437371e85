import type { Act } from './interfere.ts';

/** One way in which somebody changes a file that is being hashed. */
export interface Change {
  readonly does: string;
  readonly act: Act;
  /** What the error says was found. */
  readonly found: RegExp;
}

// Each act runs in a thread that knows nothing of this module.
export const CHANGES: readonly Change[] = [
  {
    does: 'is appended to',
    act: (fs, path) => fs.appendFileSync(path, 'x'),
    found: /it is longer than its \d+ bytes|its size went from \d+ to \d+ bytes/,
  },
  {
    does: 'is truncated',
    act: (fs, path) => fs.truncateSync(path, 10),
    found: /it ended after \d+ of \d+ bytes|its size went from \d+ to 10 bytes/,
  },
  {
    does: 'is truncated by one byte',
    act: (fs, path) => fs.truncateSync(path, fs.statSync(path).size - 1),
    found: /it ended after \d+ of \d+ bytes|its size went from \d+ to \d+ bytes/,
  },
  {
    does: 'is emptied',
    act: (fs, path) => fs.truncateSync(path, 0),
    found: /it ended after \d+ of \d+ bytes|its size went from \d+ to 0 bytes/,
  },
  {
    does: 'is touched',
    act: (fs, path) => fs.utimesSync(path, new Date(), new Date(1)),
    found: /it was modified or touched/,
  },
  {
    does: 'has a byte overwritten',
    act: (fs, path) => fs.writeFileSync(path, 'y', { flag: 'r+' }),
    found: /it was modified or touched/,
  },
  {
    does: 'is removed',
    act: (fs, path) => fs.rmSync(path),
    found: /it was removed or replaced/,
  },
  {
    does: 'is replaced by a copy',
    act: (fs, path) => {
      const content = fs.readFileSync(path);
      fs.rmSync(path);
      fs.writeFileSync(path, content);
    },
    found: /it was removed or replaced/,
  },
  {
    does: 'is replaced by a rename',
    act: (fs, path) => {
      fs.copyFileSync(path, `${path}.new`);
      fs.renameSync(`${path}.new`, path);
    },
    found: /it was removed or replaced/,
  },
  {
    does: 'becomes a directory',
    act: (fs, path) => {
      fs.rmSync(path);
      fs.mkdirSync(path);
    },
    found: /it was removed or replaced/,
  },
];

import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What a change touches: the bytes of a file, only its times, who may read it, or which file it is
 * that has the name.
 */
export type Touches = 'content' | 'times' | 'mode' | 'name';

/** What somebody else does to a file. */
export interface Change {
  readonly does: string;
  readonly touches: Touches;
  readonly act: (path: string) => void;
}

/** Beside the model, where a change can put things in readiness. */
function aside(path: string): string {
  return join(dirname(path), '..', 'aside');
}

export const CHANGES: readonly Change[] = [
  { does: 'grows', touches: 'content', act: (path) => appendFileSync(path, 'more') },
  { does: 'shrinks', touches: 'content', act: (path) => truncateSync(path, 5) },
  { does: 'is emptied', touches: 'content', act: (path) => truncateSync(path, 0) },
  {
    does: 'has a byte overwritten',
    touches: 'content',
    act: (path) => writeFileSync(path, '!', { flag: 'r+' }),
  },
  {
    does: 'is touched',
    touches: 'times',
    act: (path) => utimesSync(path, new Date(1e12), new Date(1e12)),
  },
  { does: 'is made unreadable', touches: 'mode', act: (path) => chmodSync(path, 0) },
  { does: 'is removed', touches: 'name', act: (path) => rmSync(path) },
  {
    does: 'is replaced by another',
    touches: 'name',
    act: (path) => {
      writeFileSync(aside(path), 'another');
      renameSync(aside(path), path);
    },
  },
  {
    does: 'is replaced by its like',
    touches: 'name',
    act: (path) => {
      copyFileSync(path, aside(path));
      renameSync(aside(path), path);
    },
  },
  {
    does: 'becomes a link to its like',
    touches: 'name',
    act: (path) => {
      renameSync(path, aside(path));
      symlinkSync(aside(path), path);
    },
  },
  {
    does: 'becomes a directory',
    touches: 'name',
    act: (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  },
];

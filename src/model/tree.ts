import { lstatSync, type Stats } from 'node:fs';
import { sep } from 'node:path';
import { isAbsence, OmsError, reasonOf } from '../errors.ts';
import { quoted } from '../printable.ts';

/** A regular file of the model, to be hashed. */
export interface ModelFile {
  /** Canonical name, relative to the model root. */
  readonly name: string;
  /** For an allowed link, or a model of one file: the absolute path where the content is. */
  readonly target: string | undefined;
}

/**
 * Where to open a file of the model under `root`. Put together when it is needed: for a hundred
 * thousand files the paths take more memory than anything else about them.
 */
export function pathOf(root: string, { name, target }: ModelFile): string {
  if (target !== undefined) return target;
  return root.endsWith(sep) ? root + name : root + sep + name;
}

/** Something in the model that no manifest can describe. */
export interface Irregular {
  readonly name: string;
  /** What it is, as in "a symbolic link". */
  readonly what: string;
  /** What to do about it, where there is something. */
  readonly hint?: string;
}

/** Everything below a model root, sorted into what counts and what does not. */
export interface ModelTree {
  /** Absolute path of the model, links resolved. */
  readonly root: string;
  /** Basename of the model as its user named it. */
  readonly name: string;
  readonly isSingleFile: boolean;
  readonly files: readonly ModelFile[];
  readonly irregular: readonly Irregular[];
  /**
   * Names of what is present under an ignored path, in canonical order: files, links, anything but
   * directories; of these only what cannot be read, with a slash at its end.
   */
  readonly ignored: readonly string[];
  /** The directories that were read, ignored ones not, for {@link checkUnchanged}. */
  readonly directories: readonly DirectoryState[];
}

/** What makes two looks at a directory the same directory with the same entries. */
export interface DirectoryState {
  /** As in `d/e/`; the root is "". */
  readonly name: string;
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
}

/**
 * Whether a model is still made of the directories that were read. A directory that was replaced by
 * a link to another would pass unseen otherwise, since files are opened by their paths.
 *
 * @param entriesToo whether a file that was added or removed since matters as well.
 * @throws {OmsError} `FILE_CHANGED`; `FILE_UNREADABLE` when it cannot be looked at.
 */
export function checkUnchanged({ directories }: ModelTree, entriesToo: boolean): void {
  for (const before of directories) {
    const shown = before.name === '' ? 'the model' : `the directory ${quoted(before.name)}`;
    const now = lookAgain(before.path, shown);
    const isSame = now?.isDirectory() === true && now.dev === before.dev && now.ino === before.ino;
    if (isSame && (!entriesToo || now.mtimeMs === before.mtimeMs)) continue;
    throw new OmsError('FILE_CHANGED', `${shown} changed while it was hashed`, {
      found: isSame ? 'something was added, removed or renamed in it' : 'it was replaced',
      hint: 'make sure that nothing writes to the model, and run the command again',
    });
  }
}

function lookAgain(path: string, shown: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    const found = reasonOf(cause);
    throw new OmsError('FILE_UNREADABLE', `${shown} cannot be read`, { found, cause });
  }
}

/** How a directory is now. */
export function directoryState(name: string, path: string): DirectoryState {
  const { dev, ino, mtimeMs } = lstatSync(path);
  return { name, path, dev, ino, mtimeMs };
}

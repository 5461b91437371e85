import { lstatSync, type Stats } from 'node:fs';
import { basename, sep } from 'node:path';
import { isSystemError, OmsError, reasonOf } from '../errors.ts';
import { Pace } from '../pace.ts';
import { quoted } from '../printable.ts';
import { type FileType, whatIs } from './kind.ts';
import { realpathOf, statOf } from './link.ts';
import { type Entry, list } from './listing.ts';
import { absolutePath } from './location.ts';
import { compareNames, flawInName } from './names.ts';
import {
  type DirectoryState,
  directoryState,
  type Irregular,
  type ModelFile,
  type ModelTree,
} from './tree.ts';

/** Which part of a directory belongs to the model. */
export interface Scope {
  /** Normalised paths relative to the root; a directory stands for all below it (§6.2.1). */
  readonly ignorePaths: readonly string[];
  /** Name of the signature file if it lies inside the model. Only a regular file is passed over. */
  readonly signature: string | undefined;
  /** Whether symbolic links to files are read in place of their targets (§6.1.1). */
  readonly allowSymlinks: boolean;
  /** Names that count even under an ignored path, because a manifest lists them. */
  readonly listed?: ReadonlySet<string>;
  /** Whether only `listed` names matter, so that a directory beside them may be unreadable. */
  readonly onlyListed?: boolean;
}

/**
 * Enumerates a model (§6.1): a directory and all below it, or a single file. Directories are read
 * without following links, and every entry ends up in exactly one list of the result.
 *
 * @throws {OmsError} `FILE_UNREADABLE` when the model or a directory in it cannot be read;
 *   `ABORTED`.
 */
export async function readModel(path: string, scope: Scope, pace = new Pace()): Promise<ModelTree> {
  const absolute = absolutePath(path);
  const stats = lookAt(absolute, `the model ${quoted(path)}`);
  const name = basename(absolute);
  if (stats.isDirectory() || (stats.isSymbolicLink() && statOf(absolute)?.isDirectory())) {
    return new Walk(realpathOf(absolute) ?? absolute, name, scope).run(pace);
  }
  return readSingleFile(absolute, name, stats, scope);
}

function readSingleFile(path: string, name: string, stats: Stats, scope: Scope): ModelTree {
  const tree = { root: path, name, isSingleFile: true, ignored: [], directories: [] };
  if (stats.isFile()) return { ...tree, files: [{ name, target: path }], irregular: [] };
  const target = scope.allowSymlinks && statOf(path)?.isFile() ? realpathOf(path) : undefined;
  if (target !== undefined) return { ...tree, files: [{ name, target }], irregular: [] };
  return { ...tree, files: [], irregular: [{ name, what: whatIs(stats), hint: NO_REGULAR_FILE }] };
}

class Walk {
  readonly #root: string;
  /** The root with a separator behind it. */
  readonly #prefix: string;
  readonly #name: string;
  readonly #scope: Scope;
  readonly #ignorePaths: ReadonlySet<string>;
  readonly #files: ModelFile[] = [];
  readonly #irregular: Irregular[] = [];
  readonly #ignored: string[] = [];
  readonly #directories: DirectoryState[] = [];
  /** Entries so far. */
  #seen = 0;
  /** In the order of their code units, made when first needed. */
  #sortedListed: readonly string[] | undefined;
  /** Directories still to be read, as names with a trailing slash; the root is "". */
  readonly #pending: { readonly prefix: string; readonly ignored: boolean }[] = [];

  constructor(root: string, name: string, scope: Scope) {
    this.#root = root;
    this.#prefix = root.endsWith(sep) ? root : root + sep;
    this.#name = name;
    this.#scope = scope;
    this.#ignorePaths = new Set(scope.ignorePaths);
  }

  async run(pace: Pace): Promise<ModelTree> {
    this.#pending.push({ prefix: '', ignored: false });
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      await this.#readDirectory(next.prefix, next.ignored, pace);
    }
    return {
      root: this.#root,
      name: this.#name,
      isSingleFile: false,
      files: this.#files,
      irregular: this.#irregular,
      ignored: this.#ignored.toSorted(compareNames),
      directories: this.#directories,
    };
  }

  async #readDirectory(prefix: string, ignored: boolean, pace: Pace): Promise<void> {
    const path = this.#path(prefix.slice(0, -1));
    const first = this.#pending.length;
    try {
      if (!ignored) this.#directories.push(directoryState(prefix, path));
      for (const entry of list(path)) {
        this.#place(prefix, entry, ignored);
        if (++this.#seen % RARELY === 0 && pace.isDue) await pace.rest();
      }
    } catch (cause) {
      if (!isSystemError(cause)) throw cause;
      this.#passOver(prefix, ignored, cause);
    }
    // The last is taken first, and the names shall come nearly in order: they are sorted later.
    reverseFrom(this.#pending, first);
  }

  /** A directory that cannot be read is an error, unless nothing below it would count anyway. */
  #passOver(prefix: string, ignored: boolean, cause: unknown): void {
    const counts = prefix === '' || this.#leadsToListed(prefix);
    if (ignored && !counts) {
      this.#ignored.push(prefix);
    } else if (this.#scope.onlyListed === true && !counts) {
      this.#irregular.push({ name: prefix, what: 'a directory that cannot be read' });
    } else {
      const shown = quoted(prefix === '' ? this.#root : prefix);
      throw new OmsError('FILE_UNREADABLE', `the directory ${shown} cannot be read`, {
        found: reasonOf(cause),
        cause,
      });
    }
  }

  #leadsToListed(prefix: string): boolean {
    this.#sortedListed ??= [...(this.#scope.listed ?? [])].toSorted();
    return holdsPrefix(this.#sortedListed, prefix);
  }

  #place(prefix: string, entry: Entry, ignored: boolean): void {
    if ('name' in entry) {
      this.#sort(prefix + entry.name, entry.type, ignored);
    } else {
      const what = 'a name that is not UTF-8';
      this.#setAside(prefix + entry.badName, ignored, { what, hint: RENAME });
    }
  }

  #sort(name: string, entry: FileType, inIgnored: boolean): void {
    const listed = this.#scope.listed?.has(name) === true;
    const ignored = !listed && (inIgnored || this.#ignorePaths.has(name));
    // Only a file there is a signature; anything else must not hide behind its name. When signing,
    // what is not a directory will be replaced.
    if (name === this.#scope.signature && !listed) {
      if (entry.isFile() || !(entry.isDirectory() || this.#scope.listed)) return;
      this.#irregular.push({ name, what: `${whatIs(entry)} in the place of the signature` });
    }
    if (entry.isDirectory()) {
      // What a manifest lists below an ignored directory still counts, so the way down goes on.
      this.#pending.push({ prefix: `${name}/`, ignored: inIgnored || this.#ignorePaths.has(name) });
      if (listed) this.#irregular.push({ name, what: 'a directory' });
      return;
    }
    if (name === this.#scope.signature && !listed) return;
    const flaw = flawInName(name);
    if (flaw !== undefined) this.#setAside(name, ignored, { what: `a name of which ${flaw}` });
    else if (ignored) this.#ignored.push(name);
    else if (entry.isFile()) this.#files.push({ name, target: undefined });
    else if (entry.isSymbolicLink() && this.#scope.allowSymlinks) this.#follow(name);
    else this.#irregular.push({ name, what: whatIs(entry), ...hintFor(entry) });
  }

  #setAside(name: string, ignored: boolean, found: Omit<Irregular, 'name'>): void {
    if (ignored) this.#ignored.push(name);
    else this.#irregular.push({ name, ...found });
  }

  /** A link counts as its target's content under its own name, if that is a file in the model. */
  #follow(name: string): void {
    const path = this.#path(name);
    const stats = statOf(path);
    const target = stats?.isFile() === true ? realpathOf(path) : undefined;
    const inside = target !== undefined && target.startsWith(this.#prefix);
    if (target !== undefined && inside && target !== this.#path(this.#scope.signature ?? '')) {
      this.#files.push({ name, target });
      return;
    }
    const hint = 'put the file itself into the model';
    if (target !== undefined) {
      const where = inside ? 'to the signature' : `out of the model, to ${quoted(target)}`;
      this.#irregular.push({ name, what: `a symbolic link ${where}`, hint });
    } else if (stats === undefined || stats.isFile()) {
      this.#irregular.push({ name, what: 'a symbolic link that leads nowhere', hint });
    } else {
      this.#irregular.push({ name, what: `a symbolic link to ${whatIs(stats)}`, hint });
    }
  }

  /** Of a canonical name; the root for "". */
  #path(name: string): string {
    return name === '' ? this.#root : this.#prefix + name.split('/').join(sep);
  }
}

function reverseFrom(items: unknown[], first: number): void {
  for (let low = first, high = items.length - 1; low < high; low++, high--) {
    [items[low], items[high]] = [items[high], items[low]];
  }
}

/** Whether one of these names begins so. All their parents in a set could be a hundred times as many. */
function holdsPrefix(sorted: readonly string[], prefix: string): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.startsWith(prefix) === true;
}

/** Entries between two looks at the clock. */
const RARELY = 64;

const NO_REGULAR_FILE = 'a model is a directory or a regular file';
const RENAME = 'rename it or remove it';

function hintFor(type: FileType): { hint?: string } {
  return type.isSymbolicLink()
    ? { hint: 'put the file itself into the model, or allow links (--allow-symlinks)' }
    : {};
}

function lookAt(path: string, what: string): Stats {
  try {
    return lstatSync(path);
  } catch (cause) {
    const found = reasonOf(cause);
    throw new OmsError('FILE_UNREADABLE', `${what} cannot be read`, { found, cause });
  }
}

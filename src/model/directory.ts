import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { OmsError, reasonOf } from '../errors.ts';
import { quoted } from '../printable.ts';
import { compareNames, flawInName } from './names.ts';

/** A regular file of the model, to be hashed. */
export interface ModelFile {
  /** Canonical name, relative to the model root. */
  readonly name: string;
  /** Where to open it; for an allowed link, its resolved target. */
  readonly path: string;
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
}

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
 * @throws {OmsError} `FILE_UNREADABLE` when the model or a directory in it cannot be read.
 */
export function readModel(path: string, scope: Scope): ModelTree {
  const absolute = resolve(path);
  const stats = lookAt(absolute, `the model ${quoted(path)}`);
  const name = basename(absolute);
  if (stats.isDirectory() || (stats.isSymbolicLink() && statOrNothing(absolute)?.isDirectory())) {
    return new Walk(realpathSync(absolute), name, scope).run();
  }
  return readSingleFile(absolute, name, stats, scope);
}

function readSingleFile(path: string, name: string, stats: Stats, scope: Scope): ModelTree {
  const tree = { root: path, name, isSingleFile: true, ignored: [] };
  if (stats.isFile()) return { ...tree, files: [{ name, path }], irregular: [] };
  if (stats.isSymbolicLink() && scope.allowSymlinks && statOrNothing(path)?.isFile()) {
    return { ...tree, files: [{ name, path: realpathSync(path) }], irregular: [] };
  }
  return { ...tree, files: [], irregular: [{ name, ...describe(stats) }] };
}

class Walk {
  readonly #root: string;
  readonly #name: string;
  readonly #scope: Scope;
  readonly #ignorePaths: ReadonlySet<string>;
  readonly #files: ModelFile[] = [];
  readonly #irregular: Irregular[] = [];
  readonly #ignored: string[] = [];
  /** Directories still to be read, as names with a trailing slash; the root is "". */
  readonly #pending: { readonly prefix: string; readonly ignored: boolean }[] = [];

  constructor(root: string, name: string, scope: Scope) {
    this.#root = root;
    this.#name = name;
    this.#scope = scope;
    this.#ignorePaths = new Set(scope.ignorePaths);
  }

  run(): ModelTree {
    this.#pending.push({ prefix: '', ignored: false });
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      this.#readDirectory(next.prefix, next.ignored);
    }
    return {
      root: this.#root,
      name: this.#name,
      isSingleFile: false,
      files: this.#files,
      irregular: this.#irregular,
      ignored: this.#ignored.toSorted(compareNames),
    };
  }

  #readDirectory(prefix: string, ignored: boolean): void {
    let listing: Listing;
    try {
      listing = list(this.#path(prefix.slice(0, -1)));
    } catch (cause) {
      this.#passOver(prefix, ignored, cause);
      return;
    }
    for (const shown of listing.badNames) {
      this.#setAside(prefix + shown, ignored, { what: 'a name that is not valid UTF-8' });
    }
    for (const entry of listing.entries) this.#sort(prefix + entry.name, entry, ignored);
  }

  /** A directory that cannot be read is an error, unless nothing below it would count anyway. */
  #passOver(prefix: string, ignored: boolean, cause: unknown): void {
    if (ignored) {
      this.#ignored.push(prefix);
    } else if (this.#scope.onlyListed === true && prefix !== '' && !this.#leadsToListed(prefix)) {
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
    return this.#scope.listed?.values().some((name) => name.startsWith(prefix)) === true;
  }

  #sort(name: string, entry: Dirent, inIgnored: boolean): void {
    const listed = this.#scope.listed?.has(name) === true;
    const ignored = !listed && (inIgnored || this.#ignorePaths.has(name));
    if (entry.isDirectory()) {
      // What a manifest lists below an ignored directory still counts, so the way down goes on.
      this.#pending.push({ prefix: `${name}/`, ignored: inIgnored || this.#ignorePaths.has(name) });
      if (listed) this.#irregular.push({ name, what: 'a directory' });
      return;
    }
    if (name === this.#scope.signature && !listed && entry.isFile()) return;
    const flaw = flawInName(name);
    if (flaw !== undefined) this.#setAside(name, ignored, { what: `a name of which ${flaw}` });
    else if (ignored) this.#ignored.push(name);
    else if (entry.isFile()) this.#files.push({ name, path: this.#path(name) });
    else if (entry.isSymbolicLink() && this.#scope.allowSymlinks) this.#follow(name);
    else this.#irregular.push({ name, ...describe(entry) });
  }

  #setAside(name: string, ignored: boolean, found: Omit<Irregular, 'name'>): void {
    if (ignored) this.#ignored.push(name);
    else this.#irregular.push({ name, ...found });
  }

  /** A link counts as its target's content under its own name, if that is a file in the model. */
  #follow(name: string): void {
    const path = this.#path(name);
    const stats = statOrNothing(path);
    if (stats?.isFile() === true) {
      const target = realpathSync(path);
      if (target.startsWith(this.#root + sep)) {
        this.#files.push({ name, path: target });
        return;
      }
      this.#irregular.push({
        name,
        what: `a symbolic link out of the model, to ${quoted(target)}`,
        hint: 'put the file itself into the model',
      });
      return;
    }
    const what =
      stats === undefined
        ? 'a symbolic link that leads nowhere'
        : `a symbolic link to ${describe(stats).what}`;
    this.#irregular.push({ name, what, hint: 'put the target itself into the model' });
  }

  #path(name: string): string {
    return name === '' ? this.#root : this.#root + sep + name.split('/').join(sep);
  }
}

interface Listing {
  readonly entries: readonly Dirent[];
  /** Names that are not UTF-8, in a form that can be shown. */
  readonly badNames: readonly string[];
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a directory. Node replaces what is not UTF-8 in a name by U+FFFD, so only a name that holds
 * one can be affected; then the directory is read again as bytes (which takes twice as long).
 */
function list(path: string): Listing {
  const entries = readdirSync(path, { withFileTypes: true });
  if (!entries.some((entry) => entry.name.includes('\uFFFD'))) return { entries, badNames: [] };
  const good: Dirent[] = [];
  const badNames: string[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true, encoding: 'buffer' })) {
    try {
      good.push(Object.assign(entry, { name: strictUtf8.decode(entry.name) }));
    } catch {
      badNames.push(showBytes(entry.name));
    }
  }
  return { entries: good, badNames };
}

function showBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return text.replace(/[^ -~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

type FileType = Pick<
  Dirent,
  | 'isFile'
  | 'isDirectory'
  | 'isSymbolicLink'
  | 'isFIFO'
  | 'isSocket'
  | 'isBlockDevice'
  | 'isCharacterDevice'
>;

function describe(type: FileType): Omit<Irregular, 'name'> {
  if (type.isSymbolicLink()) {
    return {
      what: 'a symbolic link',
      hint: 'put the file itself into the model, or allow links (--allow-symlinks)',
    };
  }
  if (type.isDirectory()) return { what: 'a directory' };
  if (type.isFIFO()) return { what: 'a FIFO' };
  if (type.isSocket()) return { what: 'a socket' };
  if (type.isBlockDevice() || type.isCharacterDevice()) return { what: 'a device' };
  return { what: type.isFile() ? 'a file' : 'something that is not a file' };
}

function lookAt(path: string, what: string): Stats {
  try {
    return lstatSync(path);
  } catch (cause) {
    const found = reasonOf(cause);
    throw new OmsError('FILE_UNREADABLE', `${what} cannot be read`, { found, cause });
  }
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

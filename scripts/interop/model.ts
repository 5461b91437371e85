import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files by name, with `/` between components. */
export type Files = Readonly<Record<string, string>>;

/** A model, and how it is to be signed and verified. */
export interface Model {
  readonly title: string;
  readonly files: Files;
  /** Symbolic links: name → target as written. They ask for `--allow_symlinks`. */
  readonly links?: Files;
  /** Names to be left out with `--ignore-paths` when signing. */
  readonly ignored?: readonly string[];
  /** Git's files count too: `--no-ignore-git-paths`. */
  readonly withGit?: boolean;
  /** The signature is written into the model. */
  readonly signatureInside?: boolean;
  /** Verified with `--ignore_unsigned_files`. */
  readonly withUnsigned?: boolean;
  /** Written after signing; the model is good all the same. */
  readonly harmless?: Files;
  /** The file of which one byte is changed, to be refused. */
  readonly tampered: string;
  /** The reference sorts these names by component, so that its root digest is another one. */
  readonly otherOrder?: boolean;
}

export function writeModel(path: string, { files, links = {} }: Model): void {
  writeFiles(path, files);
  for (const [name, target] of Object.entries(links)) {
    const link = join(path, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link);
  }
}

export function writeFiles(path: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** Changes one bit of a file, or adds a byte to an empty one. Returns how to undo it. */
export function tamper(path: string): () => void {
  const content = readFileSync(path);
  const last = content.at(-1);
  if (last === undefined) appendFileSync(path, '\0');
  else writeFileSync(path, content.with(content.length - 1, last ^ 1));
  return () => writeFileSync(path, content);
}

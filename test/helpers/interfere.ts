import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** What somebody else does to a file. It may use nothing but its parameters and globals. */
export type Act = (files: typeof fs, path: string) => void;

/** A moment in the reading of a file, the reads counted from 1. */
export type Moment =
  | { readonly before: number; readonly after?: never }
  | { readonly after: number; readonly before?: never };

/**
 * Does something to a file at a moment of its being read by this thread, each time it is opened
 * anew. Returns what ends it.
 */
export function interfere(path: string, moment: Moment, act: Act): () => void {
  const { openSync, readSync } = fs;
  /** How often the file was read, by the descriptor. */
  const reads = new Map<number, number>();
  // An act may open and read the file itself.
  let isActing = false;
  const actAt = (count: number | undefined, current: number | undefined): void => {
    if (isActing || count === undefined || count !== current) return;
    isActing = true;
    try {
      act(fs, path);
    } finally {
      isActing = false;
    }
  };
  fs.openSync = (opened, ...rest) => {
    const descriptor = openSync(opened, ...rest);
    if (opened === path && !isActing) reads.set(descriptor, 0);
    else reads.delete(descriptor);
    return descriptor;
  };
  fs.readSync = ((...parameters: Parameters<typeof readSync>) => {
    const [descriptor] = parameters;
    const before = reads.get(descriptor);
    const count = before === undefined ? undefined : before + 1;
    if (count !== undefined) reads.set(descriptor, count);
    actAt(moment.before, count);
    const read = readSync(...parameters);
    actAt(moment.after, count);
    return read;
  }) as typeof readSync;
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, { openSync, readSync });
    syncBuiltinESMExports();
  };
}

/** The same for a hashing thread: the code to run in it before its own. */
export function interferenceCode(path: string, moment: Moment, act: Act): string {
  return `
    import { interfere } from ${JSON.stringify(import.meta.url)};
    interfere(${JSON.stringify(path)}, ${JSON.stringify(moment)}, ${act.toString()});`;
}

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
export function interfere(path: string, { before, after }: Moment, act: Act): () => void {
  const { openSync, readSync } = fs;
  let watched = -1;
  let reads = 0;
  // An act may open and read the file itself.
  let isActing = false;
  const actAt = (descriptor: number, count: number | undefined): void => {
    if (isActing || descriptor !== watched || reads !== count) return;
    isActing = true;
    try {
      act(fs, path);
    } finally {
      isActing = false;
    }
  };
  fs.openSync = (opened, ...rest) => {
    const descriptor = openSync(opened, ...rest);
    if (isActing) return descriptor;
    if (opened === path) {
      watched = descriptor;
      reads = 0;
    } else if (descriptor === watched) watched = -1;
    return descriptor;
  };
  fs.readSync = ((...parameters: Parameters<typeof readSync>) => {
    const [descriptor] = parameters;
    if (!isActing && descriptor === watched) reads++;
    actAt(descriptor, before);
    const read = readSync(...parameters);
    actAt(descriptor, after);
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

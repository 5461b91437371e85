import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished } from 'vitest';

/** Functions of `node:fs` that can be made to fail. */
type Call = 'closeSync' | 'fsyncSync' | 'lstatSync' | 'readSync' | 'realpathSync' | 'statSync';

/**
 * Lets a disk report errors, until the test ends.
 *
 * @param fails whether it does for the file of this path, which may be open.
 * @returns how often it has.
 */
export function breakDisk(call: Call, fails: (path: string) => boolean): () => number {
  const { openSync, [call]: original } = fs;
  const opened = new Map<unknown, string>();
  let failures = 0;
  fs.openSync = (path, ...rest) => {
    const descriptor = openSync(path, ...rest);
    opened.set(descriptor, String(path));
    return descriptor;
  };
  const broken = (file: unknown, ...rest: unknown[]): unknown => {
    const isBroken = fails(opened.get(file) ?? String(file));
    // What cannot be closed is closed all the same.
    const result: unknown =
      isBroken && call !== 'closeSync' ? undefined : Reflect.apply(original, fs, [file, ...rest]);
    if (!isBroken) return result;
    failures += 1;
    const syscall = call.replace('Sync', '');
    const error = new Error(`EIO: i/o error, ${syscall}`);
    throw Object.assign(error, { code: 'EIO', errno: -5, syscall });
  };
  Object.assign(fs, { [call]: Object.assign(broken, { native: broken }) });
  syncBuiltinESMExports();
  onTestFinished(() => {
    Object.assign(fs, { openSync, [call]: original });
    syncBuiltinESMExports();
  });
  return () => failures;
}

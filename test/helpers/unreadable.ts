import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Does something while directories whose paths end like this cannot be read, of which permissions
 * would not keep a test that runs as root.
 */
export async function whileUnreadable<T>(end: string, work: () => Promise<T>): Promise<T> {
  const { readdirSync } = fs;
  const refusing = (path: string, ...rest: unknown[]): unknown => {
    if (path.endsWith(end)) {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'scandir' });
    }
    return (readdirSync as (...parameters: unknown[]) => unknown)(path, ...rest);
  };
  replaceWith(refusing as typeof readdirSync);
  try {
    return await work();
  } finally {
    replaceWith(readdirSync);
  }
}

function replaceWith(readdirSync: typeof fs.readdirSync): void {
  Object.assign(fs, { readdirSync });
  syncBuiltinESMExports();
}

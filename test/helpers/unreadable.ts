type FileSystem = typeof import('node:fs');

/** Directories, by the end of their path, that cannot be read; tests may run as root. */
export const unreadable: { directory: string | undefined } = { directory: undefined };

/** A file system like this one, which does not list what is {@link unreadable}; for `vi.mock`. */
export function refusing(fs: FileSystem): FileSystem {
  const readdirSync = ((path: string, ...rest: unknown[]) => {
    if (unreadable.directory !== undefined && path.endsWith(unreadable.directory)) {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'scandir' });
    }
    return (fs.readdirSync as (...parameters: unknown[]) => unknown)(path, ...rest);
  }) as FileSystem['readdirSync'];
  return { ...fs, readdirSync };
}

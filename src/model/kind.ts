import type { Dirent } from 'node:fs';

/** What both `Dirent` and `Stats` can tell. */
export type FileType = Pick<
  Dirent,
  | 'isFile'
  | 'isDirectory'
  | 'isSymbolicLink'
  | 'isFIFO'
  | 'isSocket'
  | 'isBlockDevice'
  | 'isCharacterDevice'
>;

/** What something is that is not a regular file, as in "a FIFO". */
export function whatIs(type: FileType): string {
  if (type.isSymbolicLink()) return 'a symbolic link';
  if (type.isDirectory()) return 'a directory';
  if (type.isFIFO()) return 'a FIFO';
  if (type.isSocket()) return 'a socket';
  if (type.isBlockDevice() || type.isCharacterDevice()) return 'a device';
  return type.isFile() ? 'a file' : 'something that is not a file';
}

import { spawnSync } from 'node:child_process';
import { lchownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from './settings.ts';

/** Of the user "nobody" everywhere that Node.js runs. */
const NOBODY = 65_534;

/** A user whom permissions stop. To the root user they mean nothing. */
export interface Unprivileged {
  /** For `spawn`; empty if the tests themselves run as such a user. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
  /** Why there is none. */
  readonly missing?: string;
}

export function findUnprivileged(user = NOBODY): Unprivileged {
  if (process.geteuid?.() !== 0) return { identity: {} };
  const identity = { uid: user, gid: user };
  const { status } = spawnSync(process.execPath, [PROGRAM, '--version'], { ...identity, cwd: '/' });
  if (status === 0) return { identity };
  return { identity, missing: 'needs a checkout that all users may read' };
}

/** Gives a directory and all in it to that user. */
export function giveTo({ identity }: Unprivileged, path: string): void {
  const { uid, gid } = identity;
  if (uid === undefined || gid === undefined) return;
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(path, name), uid, gid);
  }
  lchownSync(path, uid, gid);
}

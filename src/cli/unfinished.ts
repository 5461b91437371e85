import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isSystemError, OmsError } from '../errors.ts';
import { nameInModel } from '../model/location.ts';
import { quoted } from '../printable.ts';

/**
 * The name under which a signature is written before it takes its place: it tells which process
 * writes it, and on which machine, so that what a killed process left can be told from what another
 * is writing now.
 */
export function unfinishedName(): string {
  return `.oms-${machine()}-${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
}

const NAME = /^\.oms-(?<writtenOn>[0-9a-f]{8})-(?<writer>[0-9]{1,10})-[0-9a-f]{12}\.tmp$/;

/** A writer that has not written for so long, in milliseconds, will not go on. */
const PATIENCE = 10 * 60_000;

/**
 * Removes what killed runs have left beside a signature file, in whose directory they were to write.
 *
 * @throws {OmsError} `WRITE_FAILED` when in a model there is one whose writer may still be at work:
 *   it would be signed as a part of the model.
 */
export function clearUnfinished(signature: string, model: string): void {
  const directory = dirname(signature);
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    if (!NAME.test(name) || removeIfLeft(path, name) || nameInModel(model, path) === undefined) {
      continue;
    }
    throw new OmsError('WRITE_FAILED', `the signature file ${quoted(signature)} is not written`, {
      found: `another run may be at it, with ${quoted(path)}`,
      hint: 'wait for its end, or remove that file if there is no other run',
    });
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // One may write into a directory that one may not list.
    return [];
  }
}

/** Whether there is no such file now. */
function removeIfLeft(path: string, name: string): boolean {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() !== true) return true;
    if (!isWriterGone(name) && Date.now() - stats.mtimeMs < PATIENCE) return false;
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether it is certain: of other machines and containers nobody can know. */
function isWriterGone(name: string): boolean {
  const { writtenOn, writer } = NAME.exec(name)?.groups ?? {};
  if (writtenOn !== machine()) return false;
  const id = Number(writer);
  // One with the number of this process came before it.
  if (id === process.pid) return true;
  try {
    process.kill(id, 0);
    return false;
  } catch (error) {
    return isSystemError(error) && error.code === 'ESRCH';
  }
}

/** What the numbers of processes are valid for: one machine since its start, or one container. */
function machine(): string {
  const parts = [
    // The name of a machine may change while it runs.
    tryTo(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')) || hostname(),
    tryTo(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);
}

/** Only Linux has these files. */
function tryTo(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

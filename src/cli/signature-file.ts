import {
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OmsError } from '../errors.ts';
import type { Bundle } from '../format/bundle.ts';
import { Pace } from '../pace.ts';
import { checkSignatureTarget, notWritten } from './signature-target.ts';
import { unfinishedName } from './unfinished.ts';

/** How a signature file is written. */
export interface WriteOptions {
  readonly force: boolean;
  /** What {@link checkSignatureTarget} returned before. */
  readonly seen?: Stats | undefined;
  /** Heeded until the file takes its place. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a signature file: beside its place, to the disk, then renamed into it, so that at every
 * moment there is the old one or the new one, whole.
 *
 * @throws {OmsError} what {@link checkSignatureTarget} throws; `ABORTED`
 */
export async function writeSignatureFile(
  path: string,
  model: string,
  bundle: Bundle,
  { force, seen, signal }: WriteOptions,
): Promise<void> {
  const beside = join(dirname(path), unfinishedName());
  const pace = new Pace(signal);
  try {
    await writeDurably(beside, bundle, pace);
    // Hashing may have taken an hour: what is at the path now counts.
    checkSignatureTarget(path, model, force, seen);
    await pace.rest();
    renameSync(beside, path);
  } catch (cause) {
    removeQuietly(beside);
    throw cause instanceof OmsError ? cause : notWritten(path, cause);
  }
  syncDirectory(dirname(path));
}

async function writeDurably(path: string, bundle: Bundle, pace: Pace): Promise<void> {
  const descriptor = openSync(path, 'wx', 0o666);
  try {
    for (const piece of textOf(bundle)) {
      const bytes = Buffer.from(piece);
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
      if (pace.isDue) await pace.rest();
    }
    fsyncSync(descriptor);
  } finally {
    // Some network file systems say only here that there was no room.
    closeSync(descriptor);
  }
}

/** Characters of a payload that are written at once. */
const PIECE = 2 ** 20;

/**
 * The JSON text of a bundle, in pieces: nearly all of it is the payload, which is there once
 * already and may have hundreds of megabytes. Base64 needs no escapes.
 */
function* textOf({ dsseEnvelope, ...others }: Bundle): Generator<string, void> {
  const { payload, ...envelope } = dsseEnvelope;
  const text = JSON.stringify({ ...others, dsseEnvelope: { payload: '', ...envelope } });
  const cut = text.lastIndexOf(EMPTY_PAYLOAD) + EMPTY_PAYLOAD.length - 1;
  yield text.slice(0, cut);
  for (let at = 0; at < payload.length; at += PIECE) yield payload.slice(at, at + PIECE);
  yield `${text.slice(cut)}\n`;
}

const EMPTY_PAYLOAD = '"dsseEnvelope":{"payload":""';

/** Makes the rename itself durable where the platform can. */
function syncDirectory(path: string): void {
  try {
    const descriptor = openSync(path, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Windows opens no directories, and some network file systems do not sync them.
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The error that is already on its way says more.
  }
}

import { createPublicKey, verify } from 'node:crypto';
import type { Rekor } from '../../../test/helpers/sigstore/rekor.ts';

/** What a checkpoint has to say of a tree. */
export interface Tree {
  readonly size: string;
  /** base64 */
  readonly root: string;
}

/** Whether a log has signed this checkpoint (C2SP tlog-checkpoint) of this tree of its own. */
export function isNoteOf(log: Rekor, text: string, { size, root }: Tree): boolean {
  const [body = '', signatures = '', ...rest] = text.split('\n\n');
  const [origin = '', statedSize, statedRoot] = body.split('\n');
  const isOwn = origin === log.name || /^ - [0-9]+$/.test(origin.slice(log.name.length));
  const isRight =
    isOwn && origin.startsWith(log.name) && statedSize === size && statedRoot === root;
  const signed = Buffer.from(`${body}\n`);
  const isSigned = signatures.split('\n').some((line) => isSignatureOf(log, line, signed));
  return rest.length === 0 && isRight && isSigned;
}

function isSignatureOf({ key, name, logId }: Rekor, line: string, signed: Buffer): boolean {
  const [dash, signer, text = '', ...rest] = line.split(' ');
  if (dash !== '\u2014' || signer !== name || rest.length > 0) return false;
  const bytes = Buffer.from(text, 'base64');
  if (!bytes.subarray(0, 4).equals(logId.subarray(0, 4))) return false;
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(algorithm, signed, createPublicKey(key), bytes.subarray(4));
}

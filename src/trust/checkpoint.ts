import { OmsError } from '../errors.ts';
import { decodeBase64 } from '../format/base64.ts';
import type { InclusionProof } from '../format/log-entry.ts';
import { quoted } from '../printable.ts';
import type { Log } from './trusted-root.ts';

/**
 * Holds that a checkpoint (C2SP tlog-checkpoint, a signed note) is of one log by name, and that
 * the proof beside it says the same. Its signatures are for the caller to verify.
 *
 * @throws {OmsError} `LOG_ENTRY_INVALID`
 */
export function checkCheckpoint(
  { checkpoint, treeSize, rootHash }: InclusionProof,
  log: Log,
): void {
  const { origin, size, hash, signers } = readNote(checkpoint);
  const names = namesOf(log);
  if (log.baseUrl === '') {
    throw new OmsError('LOG_ENTRY_INVALID', 'the trusted root gives no URL for the log', {
      expected: 'a baseUrl, which is the name in the checkpoints of the log',
    });
  }
  const name = signers.find((signer) => names.includes(signer));
  if (name === undefined) {
    throw wrong('signed by another log', names[0] ?? '', signers.join(', '));
  }
  if (!isOriginOf(name, origin)) throw wrong('of another log', name, origin);
  // The log signs these two; the proof repeats them.
  if (size !== String(treeSize)) throw wrong('of a tree of another size', String(treeSize), size);
  const root = Buffer.from(rootHash).toString('base64');
  if (hash !== root) throw wrong('of another tree', root, hash);
}

interface Note {
  readonly origin: string;
  readonly size: string;
  readonly hash: string;
  readonly signers: readonly string[];
}

/** An em dash, a name without spaces, and base64. */
const SIGNATURE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)$/u;

function readNote(text: string): Note {
  const [body = '', signatures, ...rest] = text.split('\n\n');
  const [origin = '', size = '', hash = ''] = body.split('\n');
  const lines = signatures?.split('\n') ?? [];
  if (rest.length > 0 || lines.pop() !== '' || lines.length === 0) {
    throw wrong('malformed', 'a text, an empty line, and signatures', text);
  }
  const signers = lines.map((line) => {
    const [, name = '', signature = ''] = SIGNATURE.exec(line) ?? [];
    if (name === '') throw wrong('malformed', 'a signature line', line);
    decodeBase64(signature, 'inclusionProof.checkpoint', 'LOG_ENTRY_INVALID');
    return name;
  });
  return { origin, size, hash, signers };
}

/** The trusted root has the log's URL, of which the name in its checkpoints is the scheme-less part. */
function namesOf({ baseUrl }: Log): readonly string[] {
  const text = baseUrl.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/+$/, '');
  const host = text.replace(/\/.*$/s, '');
  return [text, host, host.replace(/:[0-9]+$/, '')];
}

/** The name itself; Rekor v1 adds the number of its tree. */
function isOriginOf(name: string, origin: string): boolean {
  return origin.startsWith(name) && /^(?: - [0-9]{1,20})?$/.test(origin.slice(name.length));
}

function wrong(what: string, expected: string, found: string): OmsError {
  return new OmsError('LOG_ENTRY_INVALID', `the checkpoint of the log entry is ${what}`, {
    expected: quoted(expected, 80),
    found: quoted(found, 80),
  });
}

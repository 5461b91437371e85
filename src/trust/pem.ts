import { OmsError } from '../errors.ts';

/** One block of a PEM text (RFC 7468), which may stand between lines of explanation. */
export interface PemBlock {
  /** As in `-----BEGIN CERTIFICATE-----`. */
  readonly label: string;
  /** From BEGIN to END, as it stood. */
  readonly text: string;
  /** The decoded content; empty where it is not base64, as in an encrypted block, with headers. */
  readonly der: Buffer;
}

/** What to do about a file that holds no block at all. */
export const NOT_PEM = 'check the path; openssl pkey, or openssl x509, makes PEM of DER';

const BOUNDARY = /^-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----$/;

/** All complete blocks in their order. A block without its END line is passed over. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { label: string; lines: string[] } | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const [, edge, label = ''] = BOUNDARY.exec(line.trimEnd()) ?? [];
    if (edge === 'BEGIN') {
      open = { label, lines: [] };
    } else if (edge === 'END') {
      if (open?.label === label) blocks.push(toBlock(label, open.lines));
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  }
  return blocks;
}

function toBlock(label: string, lines: readonly string[]): PemBlock {
  const body = lines.map((line) => line.trimEnd()).join('\n');
  return {
    label,
    text: `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`,
    der: decoded(body),
  };
}

/**
 * RFC 7468 §3: base64 and white space. Node's decoder skips what else there is, so that a damaged
 * file would be taken for another key or certificate.
 */
function decoded(body: string): Buffer {
  const text = body.replace(/\s/g, '');
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return Buffer.from(isBase64 ? text : '', 'base64');
}

/** The certificates of all the web's authorities take half of this. */
const MAX_TEXT_LENGTH = 1024 * 1024;

/** The text of a key or certificate, given as text or as the bytes of its file. */
export function textOf(source: string | Uint8Array, what: string): string {
  if (source?.length > MAX_TEXT_LENGTH) {
    throw new OmsError('KEY_UNUSABLE', `${what} cannot be used`, {
      expected: `at most ${MAX_TEXT_LENGTH} characters`,
      found: `${source.length}`,
    });
  }
  if (typeof source === 'string') return source;
  if (source instanceof Uint8Array) return Buffer.from(source).toString('utf8');
  throw new OmsError('KEY_UNUSABLE', `${what} cannot be used`, {
    expected: 'PEM text, or its bytes',
    found: typeof source,
  });
}

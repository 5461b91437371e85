/** The texts around a payload that have been signed (DSSE 1.0, and what came before it). */
export type Encoding = 'dsse' | 'legacy';

const TYPE = 'application/vnd.in-toto+json';

/** What is signed of a payload. */
export function encoded(payload: Uint8Array, encoding: Encoding): Buffer {
  if (encoding === 'legacy') {
    const body = asPython(payload);
    return Buffer.from(`DSSEV1 ${TYPE.length} ${TYPE} ${payload.length} ${body}`);
  }
  const header = Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${payload.length} `);
  return Buffer.concat([header, payload]);
}

/** As Python's `repr` writes bytes. */
function asPython(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  let text = '';
  for (const byte of bytes) text += pythonByte(byte, quote);
  return `b${quote}${text}${quote}`;
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  92: '\\\\',
};

function pythonByte(byte: number, quote: string): string {
  const character = String.fromCharCode(byte);
  if (character === quote) return `\\${quote}`;
  const escape = ESCAPES[byte];
  if (escape !== undefined) return escape;
  const isPrintable = byte >= 0x20 && byte < 0x7f;
  return isPrintable ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

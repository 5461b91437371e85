import type { ErrorCode, OmsError } from '../errors.ts';
import { malformed } from './malformed.ts';

/** How many characters are compared at a time; a multiple of 4, so that groups stay whole. */
const STEP = 1 << 20;

/**
 * Decodes base64 (RFC 4648 §4) and refuses every spelling but the canonical one: the standard
 * alphabet, padding, no white space, zero trailing bits. Node's own decoder skips what it does not
 * know, so one value would have many spellings.
 *
 * @param most bytes that are accepted. Text of far more is not decoded.
 * @throws {OmsError} with `code`.
 */
export function decodeBase64(
  text: string,
  where: string,
  code: ErrorCode,
  most = Number.POSITIVE_INFINITY,
): Buffer {
  if (text.length > Math.ceil(most / 3) * 8) throw tooLong(where, code, most, text);
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || !isCanonical(text, bytes)) {
    throw malformed(code, where, {
      expected: 'canonical base64 with padding',
      found: text === '' ? 'an empty string' : 'another spelling',
    });
  }
  if (bytes.length > most) throw tooLong(where, code, most, text);
  return bytes;
}

function tooLong(where: string, code: ErrorCode, most: number, text: string): OmsError {
  return malformed(code, where, {
    expected: `at most ${most} bytes`,
    found: `${text.length} characters of base64`,
  });
}

function isCanonical(text: string, bytes: Buffer): boolean {
  if (text.length !== Math.ceil(bytes.length / 3) * 4) return false;
  for (let at = 0; at < text.length; at += STEP) {
    const part = bytes.subarray((at / 4) * 3, ((at + STEP) / 4) * 3);
    if (part.toString('base64') !== text.slice(at, at + STEP)) return false;
  }
  return true;
}

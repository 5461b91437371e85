import { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';

/**
 * Holds that an object from a caller is a plain one and has only members that are known: a wish
 * with a typing error, or in another form, must not pass for no wish.
 *
 * @throws {OmsError} `USAGE`
 */
export function checkMembers(value: unknown, known: readonly string[], what: string): void {
  if (typeof value !== 'object' || value === null || !isPlain(value)) {
    throw new OmsError('USAGE', `${what} must be a plain object`, {
      found: value === null ? 'null' : typeof value,
    });
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new OmsError('USAGE', `${what} cannot have ${quoted(unknown, 60)}`, {
      expected: known.join(', '),
    });
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

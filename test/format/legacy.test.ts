import { describe, expect, it } from 'vitest';
import { LEGACY_PREDICATE_TYPE, legacyPae } from '../../src/format/legacy.ts';
import { parseStatement, STATEMENT_TYPE } from '../../src/format/statement.ts';
import { hashOf } from '../helpers/forge.ts';
import { refusal } from '../helpers/refusal.ts';

function pae(bytes: Uint8Array): string {
  return Buffer.concat([...legacyPae(bytes)]).toString('latin1');
}

describe('the text that 0.2.0 signed', () => {
  const head = 'DSSEV1 28 application/vnd.in-toto+json';

  // The right sides are what Python prints for these bytes.
  it.each([
    ['plain "text"', `b'plain "text"'`],
    ['a\n\t\r\\', String.raw`b'a\n\t\r\\'`],
    [`"quoted" and 'single'`, String.raw`b'"quoted" and \'single\''`],
    [`only 'single'`, `b"only 'single'"`],
    ['no quotes', `b'no quotes'`],
    ['é', String.raw`b'\xc3\xa9'`],
    ['\0\x07\x1f\x7f', String.raw`b'\x00\x07\x1f\x7f'`],
    ['~ !#', `b'~ !#'`],
  ])('holds %j as Python prints it', (text, printed) => {
    const bytes = Buffer.from(text);
    expect(pae(bytes)).toBe(`${head} ${bytes.length} ${printed}`);
  });

  it('prints every byte as Python does', () => {
    const printed = Array.from({ length: 256 }, (_, byte) => {
      const named = { 9: '\\t', 10: '\\n', 13: '\\r', 39: "\\'", 92: '\\\\' }[byte];
      if (named !== undefined) return named;
      return byte >= 32 && byte < 127
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`;
    });
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(pae(bytes)).toBe(`${head} 256 b'${printed.join('')}'`);
  });

  it('comes in parts that fit together, however long the payload is', () => {
    const bytes = Buffer.alloc(200_000, `{"a":'\n'} é`);
    const whole = [...legacyPae(bytes)];
    expect(whole.length).toBeGreaterThan(4);
    expect(whole.length).toBeLessThan(20);
    const once = pae(bytes).slice(pae(bytes).indexOf("b'"));
    const inner = [...bytes].map((byte) => pae(Uint8Array.of(0x22, byte)).slice(44, -1)).join('');
    expect(once).toBe(`b'${inner}'`);
  });
});

describe('a statement of 0.2.0', () => {
  const subject = (name: string): object => ({ name, digest: { sha256: hashOf(name) } });

  function parse(parts: object, encoding: 'dsse' | 'legacy' = 'legacy') {
    const statement = {
      _type: STATEMENT_TYPE,
      subject: [subject('a'), subject('d/b')],
      predicateType: LEGACY_PREDICATE_TYPE,
      predicate: {},
      ...parts,
    };
    return parseStatement({ bytes: Buffer.from(JSON.stringify(statement)), encoding });
  }

  it('lists files as subjects, with the parameters of its time', () => {
    const { name: model, resources, serialization } = parse({});
    expect(model).toBe('');
    expect(resources.map(({ name }) => name)).toEqual(['a', 'd/b']);
    expect(serialization).toEqual({
      hashAlgorithm: 'sha256',
      shardSize: undefined,
      allowSymlinks: false,
      ignorePaths: [],
    });
  });

  it('may be of a single file', () => {
    expect(parse({ subject: [subject('.')] }).resources[0]?.path).toBe('.');
  });

  it.each<[string, object, string]>([
    ['no subject', { subject: [] }, 'at least one file'],
    ['no array of subjects', { subject: {} }, 'an array'],
    ['the same file twice', { subject: [subject('a'), subject('a')] }, 'twice'],
    ['a name upwards', { subject: [subject('../a')] }, 'canonical name'],
    ['an absolute name', { subject: [subject('/a')] }, 'canonical name'],
    ['"." beside others', { subject: [subject('a'), subject('.')] }, 'canonical name'],
    ['another digest', { subject: [{ name: 'a', digest: { sha512: 'x' } }] }, 'sha256'],
    ['a short digest', { subject: [{ name: 'a', digest: { sha256: '00' } }] }, 'hex digits'],
    [
      'a letter before a digest',
      { subject: [{ name: 'a', digest: { sha256: `x${hashOf('a')}` } }] },
      'hex digits',
    ],
    [
      'a line end behind a digest',
      { subject: [{ name: 'a', digest: { sha256: `${hashOf('a')}\n` } }] },
      'hex digits',
    ],
    ['a second subject of no name', { subject: [subject('a'), {}] }, 'subject[1].name'],
    ['no predicate', { predicate: undefined }, 'predicate'],
    [
      'the new predicate type',
      { predicateType: 'https://model_signing/signature/v1.0' },
      'predicateType',
    ],
    ['another type', { _type: 'x' }, '_type'],
    ['an unknown member', { extra: 1 }, '"extra"'],
  ])('is refused with %s', async (_, parts, reason) => {
    const { message } = await refusal(() => parse(parts), 'STATEMENT_MALFORMED');
    expect(message).toContain(reason);
  });

  it('is refused under the standard encoding', async () => {
    await refusal(() => parse({}, 'dsse'), 'STATEMENT_MALFORMED');
  });
});

import { describe, expect, it } from 'vitest';
import { parseDer } from '../../src/trust/asn1.ts';
import { der, integer, oid, sequence } from '../helpers/pki.ts';

const text = (content: string): Buffer => der(0x0c, Buffer.from(content));

describe('what is read as DER', () => {
  it.each<[string, Buffer]>([
    ['a sequence and a set', sequence(der(0x31, integer(1)), oid('1.2.3'))],
    [
      'what stands in tags of a context, whole or in parts',
      sequence(der(0xa0, text('a')), der(0x81)),
    ],
    ['bytes that look like a string in pieces', der(0x04, der(0x2c, text('a')))],
  ])('may hold %s', (_, bytes) => {
    expect(parseDer(bytes).toDER().equals(bytes)).toBe(true);
  });

  it.each<[string, Buffer]>([
    ['a text in pieces', der(0x2c, text('a'), text('b'))],
    ['an octet string in pieces', der(0x24, der(0x04, Buffer.of(1)))],
    ['a bit string in pieces', der(0x23, der(0x03, Buffer.of(0, 1)))],
    ['an integer in pieces', der(0x22, integer(1))],
    ['a sequence that holds nothing by its tag', der(0x10, integer(1))],
    ['a set that holds nothing by its tag', der(0x11, integer(1))],
    ['one of these further down', sequence(integer(1), sequence(der(0xa0, der(0x2c, text('a')))))],
    ['a byte behind it', Buffer.concat([sequence(), Buffer.of(0)])],
    ['nothing', Buffer.alloc(0)],
  ])('must not hold %s', (_, bytes) => {
    expect(() => parseDer(bytes)).toThrow('it is not in DER');
  });
});

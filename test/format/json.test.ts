import { describe, expect, it } from 'vitest';
import { type JsonLimits, readJson } from '../../src/format/json.ts';
import { refusal } from '../helpers/refusal.ts';

const LIMITS: JsonLimits = { bytes: 1000, depth: 4, values: 20, keys: 50 };

function read(text: string | Uint8Array, limits = LIMITS): unknown {
  return readJson(Buffer.from(text), limits, 'the text', 'BUNDLE_MALFORMED');
}

describe('the strict JSON reader', () => {
  it.each([
    '{"a":[1,2.5,-3e2,true,false,null],"b":{"c":"d"}}',
    '[]',
    '"\\u00e9\\ud83d\\ude00\\"\\\\"',
    ' {"a" : "x,y{}[]:\\" \\\\"} ',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"":1," ":2}',
    '"text"',
    '["a","a",["a"]]',
    '{"a":"a","b":"a","c":["a","b"],"d":"d"}',
    '[{},"a","a"]',
  ])('reads %s as JSON.parse does', (text) => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['{"a":1,"a":1}', 'the key "a" appears twice'],
    ['{"b":0,"a":{"x":1},"b":1}', 'the key "b" appears twice'],
    ['[{"a":1,"b":[{"c":1,"c":2}]}]', 'the key "c" appears twice'],
    ['{"__proto__":1,"__proto__":2}', 'appears twice'],
    ['{"a":1,"\\u0061":2}', 'the key "a" appears twice'],
    ['{"a\\"b":1,"a\\"b":2}', 'appears twice'],
    ['{"é":1,"\\u00E9":2}', 'appears twice'],
    ['{"a":"x\\\\","a":2}', 'the key "a" appears twice'],
    ['[[{"a":1,"b":2,"a":3}]]', 'the key "a" appears twice'],
    ['{"a":{},"a":[]}', 'the key "a" appears twice'],
  ])('refuses duplicate keys: %s', async (text, reason) => {
    const { message } = await refusal(() => read(text), 'BUNDLE_MALFORMED');
    expect(message).toContain(reason);
  });

  it.each([
    ['{"\\u0061":1}', 'a'],
    ['{"nam\\u0065":1}', 'name'],
    ['{"_typ\\u0065":1}', '_type'],
    ['{"\\u005Ftype":1}', '_type'],
    ['{"x":{"\\u004B9":1}}', 'K9'],
    ['{"\\u005a\\u007A\\u0030":1}', 'Zz0'],
    ['{"\\\\\\u0061":1}', '\\a'],
    ['[[{"b":1,"\\"\\u0062":2}]]', '"b'],
  ])(
    'refuses an escaped letter in a key, which has no purpose but to hide it: %s',
    async (text, key) => {
      const { message } = await refusal(() => read(text), 'BUNDLE_MALFORMED');
      expect(message).toContain(`it spells a letter of the key "${key}" as an escape`);
    },
  );

  it('reads each key that is known, whatever was read before (nodejs/node#63785)', async () => {
    for (const [before, hidden] of [
      ['{"z":[],"nam\\\\":0}', '{"z":1,"nam\\u0065":2}'],
      ['{"y":[],"\\\\u00":0}', '{"y":1,"\\u006eame":2}'],
    ] as const) {
      read(before);
      await refusal(() => read(hidden), 'BUNDLE_MALFORMED');
      await refusal(() => read(`[${before},${hidden}]`), 'BUNDLE_MALFORMED');
    }
    read('{"x":[],"name\\\\":0}');
    expect(read('{"x":1,"name":2}')).toEqual({ x: 1, name: 2 });
  });

  it('reads other escapes in keys, and all of them in values', () => {
    const text = '{"\\u00e9\\u4f60":"\\u0061","\\/":"\\u005f","\\\\u0061":1,"\\u0020-\\u003c":2}';
    expect(read(text)).toEqual({ é你: 'a', '/': '_', '\\u0061': 1, ' -<': 2 });
  });

  it('refuses a duplicate among so many keys that they are kept in a set', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `"k${index}":0`).join(',');
    const limits = { ...LIMITS, values: 100 };
    expect(Object.keys(read(`{${keys}}`, limits) as object)).toHaveLength(40);
    await refusal(() => read(`{${keys},"k39":1}`, limits), 'BUNDLE_MALFORMED');
    await refusal(() => read(`{${keys},"k0":1}`, limits), 'BUNDLE_MALFORMED');
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['trailing data', '{} {}'],
    ['a trailing comma', '[1,]'],
    ['single quotes', "{'a':1}"],
    ['a comment', '{} // x'],
    ['NaN', '[NaN]'],
    ['a leading zero', '[01]'],
    ['a raw newline in a string', '["a\nb"]'],
    ['an open string', '["a'],
    ['an open string alone', '"a'],
    ['an open string with an escape alone', '"a\\"'],
    ['an open string behind white space', '  "a\\"'],
    ['an open string that ends in an escape', '["a\\'],
    ['an open string that ends in an escaped quotation mark', '["a\\"'],
    ['an open object', '{"a":1'],
    ['a bad escape', '["\\x41"]'],
    ['a byte-order mark', '\uFEFF{}'],
  ])('refuses %s', async (_, text) => {
    await refusal(() => read(text), 'BUNDLE_MALFORMED');
  });

  it.each([
    ['', 'the text is not JSON: expected one JSON object, found nothing'],
    [' \n', 'the text is not JSON: expected one JSON object, found nothing'],
    ['nil', 'the text is not JSON: expected one JSON object, found text that starts with "nil"'],
    [
      `{"mediaType":"application/x","payload":"${'A'.repeat(60)}`,
      `found text that starts with "{"mediaType":"applicatio…" and ends with "${'A'.repeat(24)}"`,
    ],
    [`{${'x'.repeat(47)}`, `found text that starts with "{${'x'.repeat(23)}…"`],
    [
      `{${'x'.repeat(48)}`,
      `found text that starts with "{${'x'.repeat(23)}…" and ends with "${'x'.repeat(24)}"`,
    ],
    ['x'.repeat(100), `found text that starts with "${'x'.repeat(24)}…"`],
    ['x'.repeat(25), `found text that starts with "${'x'.repeat(24)}…"`],
  ])('says what %j is instead', async (text, reason) => {
    const { message, hint } = await refusal(() => read(text), 'BUNDLE_MALFORMED');
    expect(message.endsWith(reason)).toBe(true);
    expect(hint).toContain('the file is damaged');
  });

  it.each([
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut character', [0x22, 0xe2, 0x82, 0x22]],
  ])('refuses invalid UTF-8: %s', async (_, bytes) => {
    const { message } = await refusal(() => read(Uint8Array.from(bytes)), 'BUNDLE_MALFORMED');
    expect(message).toBe('the text is not valid UTF-8');
  });

  it.each(['"\\ud800"', '["\\ud800"]', '["\\udc00x"]', '{"\\ud83d":1}', '["\\ud83dx\\ude00"]'])(
    'refuses half of a surrogate pair: %s',
    async (text) => {
      const { message } = await refusal(() => read(text), 'BUNDLE_MALFORMED');
      expect(message).toContain('surrogate');
    },
  );

  it('counts bytes, depth and values up to the limit and not beyond', async () => {
    const full = (length: number): string => `"${'x'.repeat(length - 2)}"`;
    expect(read(full(1000))).toHaveLength(998);
    await refusal(() => read(full(1001)), 'BUNDLE_MALFORMED');
    expect(read('[[[[1]]]]')).toEqual([[[[1]]]]);
    await refusal(() => read('[[[[[]]]]]'), 'BUNDLE_MALFORMED');
    await refusal(() => read('{"a":{"a":{"a":{"a":{}}}}}'), 'BUNDLE_MALFORMED');
    const values = (count: number): string => `[${Array.from({ length: count }, () => 0).join()}]`;
    expect(read(values(19))).toHaveLength(19);
    await refusal(() => read(values(20)), 'BUNDLE_MALFORMED');
    const objects = (count: number): string =>
      `[${Array.from({ length: count }, () => '{}').join()}]`;
    expect(read(objects(9))).toHaveLength(9);
    await refusal(() => read(objects(10)), 'BUNDLE_MALFORMED');
    const last = (zeros: number): string => `[${'0,'.repeat(zeros)}[]]`;
    expect(read(last(17))).toHaveLength(18);
    const { message } = await refusal(() => read(last(18)), 'BUNDLE_MALFORMED');
    expect(message).toContain('it holds more than 20 values');
  });

  it('does not take brackets and commas in strings for structure', () => {
    const text = JSON.stringify(['[[[[[[[[', '{{{{{{', ',,,,,,,,,,,,,,,,,,,,,,,,,,', '\\"[[[[[[']);
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it('ends quickly on a million open brackets', async () => {
    const limits = { ...LIMITS, bytes: 10_000_000 };
    await refusal(() => read('['.repeat(1_000_000), limits), 'BUNDLE_MALFORMED');
    await refusal(() => read('{"a":'.repeat(1_000_000), limits), 'BUNDLE_MALFORMED');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/format/json.ts';
import {
  MAX_CHECKPOINT_LENGTH,
  MAX_LOG_BODY_BYTES,
  MAX_PROOF_HASHES,
  MAX_SIGNATURE_BYTES,
} from '../../src/format/limits.ts';
import { type LogEntry, readLogEntry } from '../../src/format/log-entry.ts';
import { edited } from '../helpers/edited.ts';
import { base64, logEntry } from '../helpers/log-entry.ts';
import { failure } from '../trust/helpers.ts';

const read = (entry: JsonValue): LogEntry => readLogEntry(entry, 'entry');

/** Reads an entry that is good but for the member at a path. */
const readWith = (path: string, value: JsonValue | undefined): LogEntry =>
  read(edited(logEntry(), path, value));

const refused = (part: string | RegExp): unknown => failure('BUNDLE_MALFORMED', part);

const INTEGERS = [
  'logIndex',
  'integratedTime',
  'inclusionProof.logIndex',
  'inclusionProof.treeSize',
] as const;

/** The members that hold bytes, with their names in messages. */
const BYTES = [
  ['logId.keyId', 'entry.logId.keyId'],
  ['inclusionPromise.signedEntryTimestamp', 'entry.inclusionPromise.signedEntryTimestamp'],
  ['inclusionProof.rootHash', 'entry.inclusionProof.rootHash'],
  ['inclusionProof.hashes.1', 'entry.inclusionProof.hashes[1]'],
  ['canonicalizedBody', 'entry.canonicalizedBody'],
] as const;

function integerIn(entry: LogEntry, path: (typeof INTEGERS)[number]): bigint | undefined {
  switch (path) {
    case 'logIndex':
      return entry.logIndex;
    case 'integratedTime':
      return entry.integratedTime;
    case 'inclusionProof.logIndex':
      return entry.proof?.logIndex;
    case 'inclusionProof.treeSize':
      return entry.proof?.treeSize;
  }
}

describe('a log entry', () => {
  it('is read member by member', () => {
    expect(read(logEntry())).toEqual({
      logIndex: 1007n,
      logId: Buffer.alloc(32, 1),
      kind: 'dsse',
      version: '0.0.1',
      integratedTime: 1_762_171_200n,
      promise: Buffer.alloc(70, 2),
      proof: {
        logIndex: 7n,
        rootHash: Buffer.alloc(32, 3),
        treeSize: 9n,
        hashes: [Buffer.alloc(32, 4), Buffer.alloc(32, 5)],
        checkpoint: 'log.example.com\n9\nroot\n\n— log.example.com c2lnbmF0dXJl\n',
      },
      body: Buffer.from('{"kind":"dsse"}'),
    });
  });

  it.each([
    ['absent', undefined],
    ['null', null],
  ])('needs neither a promise nor a time, as with Rekor v2: %s', (_, value) => {
    const entry = read(
      edited(edited(logEntry(), 'inclusionPromise', value), 'integratedTime', value),
    );
    expect(entry.promise).toBeUndefined();
    expect(entry.integratedTime).toBe(0n);
    expect(entry.proof?.treeSize).toBe(9n);
  });

  it.each([
    ['absent', undefined],
    ['null', null],
  ])('is read without a proof, for others to refuse: %s', (_, value) => {
    const entry = readWith('inclusionProof', value);
    expect(entry.proof).toBeUndefined();
    expect(entry.promise).toEqual(Buffer.alloc(70, 2));
  });

  it.each([
    ['absent', undefined],
    ['null', null],
    ['empty', []],
  ])('needs no hashes when it is the only one of its tree: %s', (_, value) => {
    expect(readWith('inclusionProof.hashes', value).proof?.hashes).toEqual([]);
  });

  it.each<JsonValue>([null, [], 'text', 1, true])('is an object, not %j', (value) => {
    expect(() => read(value)).toThrow(refused(/bundle: entry: expected an object/));
  });

  it.each([
    ['itself', 'extra', 'entry: expected only'],
    ['its log id', 'logId.extra', 'entry.logId: expected only keyId'],
    ['its kind', 'kindVersion.extra', 'entry.kindVersion: expected only kind, version'],
    [
      'its promise',
      'inclusionPromise.extra',
      'entry.inclusionPromise: expected only signedEntryTimestamp',
    ],
    ['its proof', 'inclusionProof.extra', 'entry.inclusionProof: expected only'],
    [
      'its checkpoint',
      'inclusionProof.checkpoint.extra',
      'entry.inclusionProof.checkpoint: expected only envelope',
    ],
  ])('has no unknown member in %s, not even null', (_, path, reason) => {
    for (const value of [null, 'x']) {
      expect(() => readWith(path, value)).toThrow(refused(reason));
    }
  });

  it.each([
    ['logId', 'entry.logId: expected an object'],
    ['logId.keyId', 'entry.logId.keyId: expected a string'],
    ['kindVersion', 'entry.kindVersion: expected an object'],
    ['kindVersion.kind', 'entry.kindVersion.kind: expected a string'],
    ['kindVersion.version', 'entry.kindVersion.version: expected a string'],
    [
      'inclusionPromise.signedEntryTimestamp',
      'entry.inclusionPromise.signedEntryTimestamp: expected a string',
    ],
    ['inclusionProof.rootHash', 'entry.inclusionProof.rootHash: expected a string'],
    ['inclusionProof.checkpoint', 'entry.inclusionProof.checkpoint: expected an object'],
    [
      'inclusionProof.checkpoint.envelope',
      'entry.inclusionProof.checkpoint.envelope: expected a string',
    ],
    ['canonicalizedBody', 'entry.canonicalizedBody: expected a string'],
  ])('has to have %s', (path, reason) => {
    for (const value of [undefined, null]) {
      expect(() => readWith(path, value)).toThrow(refused(reason));
    }
  });

  it.each<[string, JsonValue]>([
    ['logId', 'AQ=='],
    ['logId', []],
    ['logId.keyId', 1],
    ['kindVersion', 'dsse'],
    ['kindVersion.kind', 1],
    ['kindVersion.version', 0.1],
    ['inclusionPromise', 'AQ=='],
    ['inclusionPromise', []],
    ['inclusionPromise.signedEntryTimestamp', {}],
    ['inclusionProof', 'AQ=='],
    ['inclusionProof', false],
    ['inclusionProof.rootHash', [1]],
    ['inclusionProof.hashes', {}],
    ['inclusionProof.hashes', 'AQ=='],
    ['inclusionProof.hashes.0', null],
    ['inclusionProof.hashes.0', 1],
    ['inclusionProof.hashes.0', ['AQ==']],
    ['inclusionProof.checkpoint', 'log.example.com'],
    ['inclusionProof.checkpoint.envelope', 1],
    ['canonicalizedBody', { kind: 'dsse' }],
  ])('does not have %s of another type: %j', (path, value) => {
    const place = `entry.${path.replace(/\.0$/, '')}`;
    expect(() => readWith(path, value)).toThrow(refused(place));
  });
});

describe.each(INTEGERS)('the integer %s of a log entry', (path) => {
  it.each<[JsonValue | undefined, bigint]>([
    ['0', 0n],
    ['1', 1n],
    ['598151086', 598_151_086n],
    ['9007199254740993', 2n ** 53n + 1n],
    ['9223372036854775807', 2n ** 63n - 1n],
    [0, 0n],
    [598_151_086, 598_151_086n],
    [Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n],
    [undefined, 0n],
    [null, 0n],
  ])('may be %j', (value, expected) => {
    expect(integerIn(readWith(path, value), path)).toBe(expected);
  });

  it.each(['9223372036854775808', '9999999999999999999'])('is less than 2^63, not %s', (value) => {
    expect(() => readWith(path, value)).toThrow(refused(`entry.${path}: expected a number of 63`));
  });

  it.each<JsonValue>([
    '-1',
    '-0',
    '+1',
    '01',
    '00',
    '1.0',
    '1e3',
    '0x1',
    '1n',
    ' 1',
    '1 ',
    '1\n',
    '1_000',
    '1,000',
    '',
    '１',
    '10000000000000000000',
    '18446744073709551616',
    -1,
    1.5,
    2 ** 53,
    1e18,
    1e21,
    true,
    false,
    [],
    ['1'],
    {},
  ])('is a plain decimal number, not %j', (value) => {
    expect(() => readWith(path, value)).toThrow(refused(`entry.${path}: expected a decimal`));
  });

  it('is read as what it says, or refused, whatever the string is', () => {
    const digits = fc.stringMatching(/^[0-9]{1,21}$/);
    const whole = fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String);
    fc.assert(
      fc.property(fc.oneof(digits, whole, fc.string()), (text) => {
        const isGood =
          /^[0-9]+$/.test(text) && String(BigInt(text)) === text && BigInt(text) < 2n ** 63n;
        if (isGood) expect(integerIn(readWith(path, text), path)).toBe(BigInt(text));
        else expect(() => readWith(path, text)).toThrow(refused(`entry.${path}`));
      }),
    );
  });
});

describe.each(BYTES)('the bytes %s of a log entry', (path, place) => {
  it.each([
    ['nothing', ''],
    ['no padding', 'YQ'],
    ['half of the padding', 'YQ='],
    ['trailing bits', `${base64(32, 0).slice(0, -2)}B=`],
    ['the URL alphabet', base64(33, 0xff).replaceAll('/', '_')],
    ['a line end', `${base64(32, 1)}\n`],
    ['hex', '0'.repeat(63)],
  ])('are canonical base64, not %s', (_, text) => {
    expect(() => readWith(path, text)).toThrow(refused(`${place}: expected canonical base64`));
  });
});

describe.each([
  ['rootHash', 'rootHash'],
  ['hashes.0', 'hashes[0]'],
  ['hashes.1', 'hashes[1]'],
])('the hash %s of a proof', (path, place) => {
  it.each([1, 31, 33, 64])('has 32 bytes, not %d', (length) => {
    expect(() => readWith(`inclusionProof.${path}`, base64(length, 1))).toThrow(
      refused(`entry.inclusionProof.${place}: expected a hash of 32 bytes, found ${length} bytes`),
    );
  });
});

describe('the bounds of a log entry', () => {
  const hashes = (count: number): JsonObject =>
    edited(
      logEntry(),
      'inclusionProof.hashes',
      Array.from({ length: count }, () => base64(32, 1)),
    );

  it('are not there to be in the way of real ones', () => {
    expect(MAX_LOG_BODY_BYTES).toBeGreaterThan(20_000);
    expect(MAX_PROOF_HASHES).toBe(64);
    expect(MAX_CHECKPOINT_LENGTH).toBeGreaterThan(10_000);
  });

  it('hold for its body', () => {
    const body = base64(MAX_LOG_BODY_BYTES, 0x20);
    expect(readWith('canonicalizedBody', body).body).toHaveLength(MAX_LOG_BODY_BYTES);
    expect(() => readWith('canonicalizedBody', base64(MAX_LOG_BODY_BYTES + 1, 0x20))).toThrow(
      refused(`entry.canonicalizedBody: expected at most ${MAX_LOG_BODY_BYTES} bytes`),
    );
  });

  it.each([
    ['logId.keyId', 32],
    ['inclusionPromise.signedEntryTimestamp', MAX_SIGNATURE_BYTES],
  ])('hold for %s', (path, most) => {
    const { logId, promise } = readWith(path, base64(most, 1));
    expect([logId.length, promise?.length]).toContain(most);
    expect(() => readWith(path, base64(most + 1, 1))).toThrow(
      refused(`entry.${path}: expected at most ${most} bytes`),
    );
  });

  it('hold for the number of hashes', () => {
    expect(read(hashes(MAX_PROOF_HASHES)).proof?.hashes).toHaveLength(MAX_PROOF_HASHES);
    expect(() => read(hashes(MAX_PROOF_HASHES + 1))).toThrow(
      refused(`entry.inclusionProof.hashes: expected at most ${MAX_PROOF_HASHES} hashes`),
    );
  });

  it('hold for the checkpoint', () => {
    const path = 'inclusionProof.checkpoint.envelope';
    const text = 'x'.repeat(MAX_CHECKPOINT_LENGTH);
    expect(readWith(path, text).proof?.checkpoint).toBe(text);
    expect(() => readWith(path, `${text}x`)).toThrow(
      refused(`entry.${path}: expected at most ${MAX_CHECKPOINT_LENGTH} characters`),
    );
  });
});

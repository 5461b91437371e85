import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../src/format/base64.ts';
import type { Bundle } from '../../src/format/bundle.ts';
import { inspect } from '../../src/index.ts';
import { Forger, statementWith } from '../helpers/forge.ts';
import { makeInstance, signModelStatement } from '../helpers/sigstore/instance.ts';
import {
  BODY,
  CERTIFICATE,
  CHECKPOINT,
  ENTRY,
  MATERIAL,
  type Path,
  PROMISE,
  PROOF,
  SIGNATURE,
  TIMESTAMP,
  withValue,
} from '../helpers/sigstore/edit.ts';
import { refusal } from '../helpers/refusal.ts';

const keyless = signModelStatement(makeInstance(), { timestamps: [{}] });
const key = new Forger().sign(statementWith({}));

async function refuse(bundle: Bundle, reason: string): Promise<void> {
  const { message } = await refusal(() => inspect(bundle), 'BUNDLE_MALFORMED');
  expect(message).toContain(reason);
  expect(message.length).toBeLessThan(1_000);
}

describe('base64 that is far too long', () => {
  const LONG = 'A'.repeat(3_000_000);
  const UNREAD = 'found 3000000 characters of base64';

  it.each<[string, Bundle, Path]>([
    ['the signature', key, SIGNATURE],
    ['the key', key, [...MATERIAL, 'publicKey', 'rawBytes']],
    ['a certificate', keyless, CERTIFICATE],
    ['a timestamp', keyless, TIMESTAMP],
    ['the body of a log entry', keyless, BODY],
    ['the id of a log', keyless, [...ENTRY, 'logId', 'keyId']],
    ['the promise of a log', keyless, PROMISE],
    ['the root of a tree', keyless, [...PROOF, 'rootHash']],
    ['a hash of a proof', keyless, [...PROOF, 'hashes', 0]],
  ])('is not decoded: %s', async (_, bundle, path) => {
    await refuse(withValue(bundle, path, LONG), UNREAD);
  });

  it('is told from what is a little too long, or in another spelling', async () => {
    const decode = (text: string): Buffer => decodeBase64(text, 'it', 'BUNDLE_MALFORMED', 30);
    expect(decode('A'.repeat(40))).toHaveLength(30);
    const messages = ['A'.repeat(44), `${'A'.repeat(40)}\n`, 'A'.repeat(84)].map(
      async (text) => (await refusal(() => decode(text), 'BUNDLE_MALFORMED')).message,
    );
    expect(await Promise.all(messages)).toEqual([
      expect.stringContaining('expected at most 30 bytes'),
      expect.stringContaining('expected canonical base64'),
      expect.stringContaining('expected at most 30 bytes'),
    ]);
  });
});

describe('text that is far too long', () => {
  const LONG = '9'.repeat(3_000_000);

  it.each<[string, Bundle, Path]>([
    ['the media type', key, ['mediaType']],
    ['the payload type', key, ['dsseEnvelope', 'payloadType']],
    ['the fingerprint', key, [...MATERIAL, 'publicKey', 'hint']],
    ['a checkpoint', keyless, CHECKPOINT],
    ['a log index', keyless, [...ENTRY, 'logIndex']],
    ['a time', keyless, [...ENTRY, 'integratedTime']],
    ['the size of a tree', keyless, [...PROOF, 'treeSize']],
  ])('is refused, and hardly shown: %s', async (_, bundle, path) => {
    await refuse(withValue(bundle, path, LONG), 'expected');
  });
});

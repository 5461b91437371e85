import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { inspect, type Policy, verify } from '../../src/index.ts';
import { CA, der, type Issued, issue, sequence } from '../helpers/pki.ts';
import { refusal } from '../helpers/refusal.ts';
import {
  BODY,
  CHECKPOINT,
  ENTRY,
  MATERIAL,
  PROOF,
  TIMESTAMPS,
  textAt,
  valueAt,
  withValue,
} from '../helpers/sigstore/edit.ts';
import { makeInstance, signModelStatement } from '../helpers/sigstore/instance.ts';
import { noteSignature } from '../helpers/sigstore/rekor.ts';
import { ERA } from '../helpers/sigstore/times.ts';
import { makeTsa, type TimestampOptions, timestamp } from '../helpers/sigstore/tsa.ts';
import { runProgram } from './measured.ts';
import { Scene } from './scene.ts';

/** Far more than any of these takes; without the bounds some took a quarter of a minute. */
const QUICKLY = 10_000;

const instance = makeInstance();
const keyless = signModelStatement(instance, { timestamps: [{}] });
const [certificate] = inspect(keyless).unverified.certificates;
const policy: Policy = {
  method: 'sigstore',
  identity: certificate?.identity?.name.value ?? '',
  issuer: certificate?.identity?.issuer ?? '',
  trustedRoot: instance.trustedRoot(),
};

let scene: Scene;
beforeAll(() => {
  scene = new Scene();
});
afterAll(() => scene.remove());

function check(bundle: Bundle): Promise<unknown> {
  return verify(scene.path('model'), bundle, policy);
}

/** Nobody reads it: neither who verifies nor who only looks. */
async function refuseForm(bundle: Bundle, reason: string): Promise<void> {
  for (const call of [() => check(bundle), () => inspect(bundle)]) {
    expect((await refusal(call, 'BUNDLE_MALFORMED')).message).toContain(reason);
  }
}

function times<T>(count: number, value: T): T[] {
  return Array<T>(count).fill(value);
}

describe('a keyless bundle', { timeout: QUICKLY }, () => {
  it('is good as it is, so that what is refused below is refused for what it is', async () => {
    expect(await check(keyless)).toMatchObject({ files: 1 });
  });

  it('has sixteen log entries at the most, and not ten thousand', async () => {
    const entry = valueAt(keyless, ENTRY);
    const of = (count: number): Bundle =>
      withValue(keyless, [...MATERIAL, 'tlogEntries'], times(count, entry));
    await refusal(() => check(of(16)), 'LOG_ENTRY_INVALID');
    await refuseForm(of(17), 'tlogEntries: expected at most 16 entries');
    await refuseForm(of(1_000), 'tlogEntries: expected at most 16 entries');
    await refuseForm(of(10_000), 'it holds more than 100000 values');
  });

  it('has sixteen timestamps at the most, and not ten thousand', async () => {
    const [token = ''] = valueAt(keyless, TIMESTAMPS) as string[];
    const of = (count: number): Bundle => withValue(keyless, TIMESTAMPS, times(count, token));
    await refusal(() => check(of(16)), 'TIMESTAMP_INVALID');
    await refuseForm(of(17), 'rfc3161Timestamps: expected at most 16 timestamps');
    await refuseForm(of(10_000), 'rfc3161Timestamps: expected at most 16 timestamps');
  });

  it('has proofs of 64 hashes at the most, and not ten thousand', async () => {
    const [hash = ''] = valueAt(keyless, [...PROOF, 'hashes']) as string[];
    const of = (count: number): Bundle =>
      withValue(keyless, [...PROOF, 'hashes'], times(count, hash));
    await refusal(() => check(of(64)), 'LOG_ENTRY_INVALID');
    await refuseForm(of(65), 'hashes: expected at most 64 hashes');
    await refuseForm(of(10_000), 'hashes: expected at most 64 hashes');
  });

  it('has checkpoints of 32 KiB, however many signatures are in them', async () => {
    const note = textAt(keyless, CHECKPOINT);
    const line = noteSignature('another.example', Buffer.alloc(4, 1), Buffer.alloc(8, 2));
    const fitting = Math.floor((32 * 1024 - note.length) / line.length);
    const of = (count: number): Bundle => withValue(keyless, CHECKPOINT, note + line.repeat(count));
    expect(await check(of(fitting))).toMatchObject({ files: 1 });
    await refuseForm(of(fitting + 1), 'expected at most 32768 characters');
    await refuseForm(of(10_000), 'expected at most 32768 characters');
    const own = note.split('\n\n')[1] ?? '';
    const twice = withValue(keyless, CHECKPOINT, note + own.repeat(200));
    expect(await check(twice)).toMatchObject({ files: 1 });
    const blank = withValue(keyless, CHECKPOINT, '\n'.repeat(32 * 1024));
    await refusal(() => check(blank), 'LOG_ENTRY_INVALID');
  });

  it('has log bodies of 64 KiB, which are no deeper than others', async () => {
    const body = (text: string): Bundle =>
      withValue(keyless, BODY, Buffer.from(text).toString('base64'));
    const { message } = await refusal(() => check(body('['.repeat(65_000))), 'LOG_ENTRY_INVALID');
    expect(message).toContain('nested deeper than 10 levels');
    await refusal(() => check(body(`{"a":${'1'.repeat(65_000)}}`)), 'LOG_ENTRY_INVALID');
    await refuseForm(body('['.repeat(65_537)), 'canonicalizedBody: expected at most 65536 bytes');
  });
});

describe('a timestamp', { timeout: QUICKLY }, () => {
  const tsa = makeTsa('Clock', { leaf: { keyIdentifiers: false } });
  const other = { ...CA, ...ERA, keyIdentifiers: false, key: 'P-384' } as const;

  /** The good bundle, with these timestamps in it. */
  function stamped(...tokens: readonly Uint8Array[]): string {
    const bundle = JSON.parse(scene.good) as Bundle;
    const list = tokens.map((bytes) => ({
      signedTimestamp: Buffer.from(bytes).toString('base64'),
    }));
    const data = { rfc3161Timestamps: list };
    const path = [...MATERIAL, 'timestampVerificationData'];
    return JSON.stringify(withValue(bundle, path, data));
  }

  function token(options: TimestampOptions, own = tsa): Buffer {
    const { sig } = (JSON.parse(scene.good) as Bundle).dsseEnvelope.signatures[0] ?? { sig: '' };
    return timestamp(own, Buffer.from(sig, 'base64'), options);
  }

  function checkStamps(bundle: string, anchor = tsa.root): Promise<unknown> {
    const timestampAnchors = [anchor.pem];
    return verify(scene.path('model'), bundle, { ...scene.forger.policy, timestampAnchors });
  }

  it('has sixteen certificates and one signer at the most', async () => {
    const filled = (count: number): readonly Buffer[] => [
      tsa.leaf.der,
      ...times(count, sequence()),
    ];
    for (const wrong of [
      { embedded: filled(16) },
      { embedded: filled(4_000) },
      { signers: 2 },
      { signers: 30 },
    ]) {
      const bundle = stamped(token(wrong));
      const { message } = await refusal(() => checkStamps(bundle), 'TIMESTAMP_INVALID');
      expect(message).toContain('timestamp 1 is malformed');
      const [claim] = inspect(bundle).unverified.timestamps;
      expect(claim).toMatchObject({ reason: expect.stringContaining('malformed') });
    }
    const beyond = stamped(token({ embedded: filled(10_000) }));
    const { message } = await refusal(() => checkStamps(beyond), 'BUNDLE_MALFORMED');
    expect(message).toContain('expected at most 16384 bytes');
  });

  it('has no numbers and names that take long to read', async () => {
    const number = der(0x02, Buffer.of(1), Buffer.alloc(15_000, 0xff));
    const name = der(0x06, Buffer.of(0x2b), Buffer.alloc(15_000, 0x81), Buffer.of(1));
    const long = [
      sequence(sequence(number)),
      sequence(sequence(der(0x02, Buffer.of(0))), sequence(name)),
      token({ nonce: Buffer.alloc(14_000, 0x41) }),
      token({ policy: der(0x06, Buffer.alloc(14_000, 0x81), Buffer.of(1)) }),
    ];
    for (const one of long) {
      const bundle = stamped(...times(16, one));
      await refusal(() => checkStamps(bundle), 'TIMESTAMP_INVALID');
      expect(inspect(bundle).unverified.timestamps).toHaveLength(16);
    }
  });

  it('does not lead through its certificates for ever', async () => {
    const between = issue({ subject: 'Between', issuer: tsa.root, ...other });
    const leaf: Issued = issue({
      subject: 'Clock 2',
      issuer: between,
      serial: 4242,
      hash: 'sha384',
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.8'],
      criticalExtendedKeyUsage: true,
      keyIdentifiers: false,
      ...ERA,
    });
    // All sign each other and the leaf; the one that leads to the root comes last.
    const key = between.privateKey;
    const clones = Array.from({ length: 14 }, () => issue({ subject: 'Between', ...other, key }));
    const embedded = [leaf, ...clones, between].map((one) => one.der);
    const hard = token({ embedded, accuracy: 1 }, { ...tsa, leaf });
    const bundle = scene.write('clones.sig', stamped(...times(16, hard)));
    const root = scene.write('clock.pem', tsa.root.pem);
    const line = 'Verified: the model is what was signed.';
    const words = scene.verify(bundle, '--tsa-certificate-chain', root);
    await runProgram(words, { exit: 0, line, memory: 40 });
    const shown = { exit: 0, line: 'Unverified content', memory: 40 } as const;
    await runProgram(scene.inspect(bundle), shown);
    // And without the one that leads there:
    const nowhere = token({ embedded: embedded.slice(0, -1), accuracy: 1 }, { ...tsa, leaf });
    const lost = scene.write('lost.sig', stamped(...times(16, nowhere)));
    const refused = 'Refused: timestamp 1: there are too many ways through the certificates';
    const wrong = scene.verify(lost, '--tsa-certificate-chain', root);
    await runProgram(wrong, { exit: 1, line: refused, memory: 40 });
  });
});

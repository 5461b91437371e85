import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeStatement } from '../src/format/statement.ts';
import { digest, inspect, type Policy, verify } from '../src/index.ts';
import { refusal } from './helpers/refusal.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures');
const MODEL = join(FIXTURES, 'model');
const BUNDLES = readdirSync(join(FIXTURES, 'bundles')).map((name) => name.replace(/\.sig$/, ''));

function read(name: string): string {
  return readFileSync(join(FIXTURES, name), 'utf8');
}

function modelOf(name: string): string {
  return name === 'single-file' ? join(MODEL, 'a.txt') : MODEL;
}

function policyFor(name: string): Policy {
  if (name === 'go-single-certificate') {
    return { method: 'certificate', anchors: [read('pki/intermediate.pem')] };
  }
  if (name.includes('certificate'))
    return { method: 'certificate', anchors: [read('pki/root.pem')] };
  const curve = /p\d{3}$/.exec(name)?.[0] ?? 'p256';
  return { method: 'key', publicKey: read(`keys/${curve}.pub`) };
}

describe('a bundle that was kept', () => {
  it('is there in every form', () => {
    expect(BUNDLES.length).toBeGreaterThanOrEqual(14);
  });

  it.each(BUNDLES)('still verifies: %s', async (name) => {
    const bundle = read(`bundles/${name}.sig`);
    const result = await verify(modelOf(name), bundle, policyFor(name));
    expect(result.files).toBe(name === 'single-file' ? 1 : 7);
  });

  it.each(BUNDLES)('is refused to who trusts another signer: %s', async (name) => {
    const bundle = read(`bundles/${name}.sig`);
    const isKey = policyFor(name).method === 'key';
    const other = policyFor(name.endsWith('p384') ? 'key-p256' : 'key-p384');
    const stranger: Policy = isKey
      ? other
      : { method: 'certificate', anchors: [read('pki/stranger.pem')] };
    const code = isKey ? 'KEY_MISMATCH' : 'CERTIFICATE_REFUSED';
    await refusal(() => verify(modelOf(name), bundle, stranger), code);
  });

  it.each([
    ['key-p256', {}],
    ['shards', { shardSize: 16 }],
    ['blake2b', { hashAlgorithm: 'blake2b' }],
    ['blake3', { hashAlgorithm: 'blake3' }],
  ] as const)(
    'holds the statement that is made today, byte for byte: %s',
    async (name, options) => {
      const { dsseEnvelope } = JSON.parse(read(`bundles/${name}.sig`));
      const today = encodeStatement(await digest(MODEL, options));
      expect(Buffer.from(today).toString('base64')).toBe(dsseEnvelope.payload);
    },
  );

  it('of 0.2.0 is known by its statement', () => {
    const { statement } = inspect(read('bundles/reference-0.2-certificate.sig')).unverified;
    expect(statement.form).toBe('v0.1 (model_signing 0.2.0)');
  });
});

import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { makeAuthority } from '../helpers/sigstore/authority.ts';
import { contentOf, type Range } from '../helpers/sigstore/der.ts';
import {
  BODY,
  CERTIFICATE,
  CHECKPOINT,
  ENTRY,
  MATERIAL,
  PAYLOAD,
  type Path,
  PROMISE,
  PROOF,
  pathsOf,
  SIGNATURE,
  TIMESTAMP,
  TIMESTAMPS,
  textAt,
  valueAt,
  withBit,
  withoutValue,
  withPartOf,
  withText,
} from '../helpers/sigstore/edit.ts';
import { modelStatement, signModelStatement } from '../helpers/sigstore/instance.ts';
import { makeTsa, type TimestampOptions } from '../helpers/sigstore/tsa.ts';
import { check, errorOf, instance as shared } from './helpers.ts';

/** P-256 throughout, which is verified several times faster than the P-384 of the other tests. */
const FAST = { key: 'P-256', hash: 'sha256' } as const;
const instance = {
  ...shared,
  authority: makeAuthority('Fast', { root: FAST, intermediate: FAST }),
  tsa: makeTsa('Fast TSA', { root: FAST, leaf: FAST }),
};
const policy = {
  trustedRoot: shared.trustedRoot({ authorities: [instance.authority], tsas: [instance.tsa] }),
};

function make(
  rekor: 1 | 2,
  content?: string,
  timestamps: readonly TimestampOptions[] = [{ certificates: false }],
): Bundle {
  return signModelStatement(instance, {
    rekor,
    statement: modelStatement(content),
    leaf: { certificate: { hash: 'sha256' } },
    timestamps,
  });
}

const VERSIONS = [[1], [2]] as const;
const bundles = { 1: make(1), 2: make(2) } as const;
const others = { 1: make(1, 'another model'), 2: make(2, 'another model') } as const;

/** Whether a changed bundle is refused; if not, it has to say exactly what the good one says. */
function isRefused(bad: Bundle, good: Bundle, where: string): boolean {
  let outcome: unknown;
  try {
    outcome = check(bad, policy);
  } catch (error) {
    expect(errorOf(throwing(error)).outcome, where).toBe('refused');
    return true;
  }
  expect(outcome, where).toEqual(check(good, policy));
  return false;
}

function throwing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** The bytes of a base64 member in which a bit can be turned over without being refused. */
function harmlessBytes(good: Bundle, path: Path, step = 1): number[] {
  const { length } = Buffer.from(textAt(good, path), 'base64');
  const harmless: number[] = [];
  for (let at = 0; at < length; at += step) {
    const where = `${path.join('.')}, byte ${at}`;
    if (!isRefused(withBit(good, path, at, at % 8), good, where)) harmless.push(at);
  }
  return harmless;
}

describe.each(VERSIONS)('one bit of a good bundle with Rekor v%i', (version) => {
  const good = bundles[version];
  const hashes = [0, 1, 2, 3].map((at): Path => [...PROOF, 'hashes', at]);
  const members: readonly (readonly [string, Path, number])[] = [
    ['the certificate', CERTIFICATE, 1],
    ['the signature', SIGNATURE, 1],
    ['the payload', PAYLOAD, 7],
    ['the body of the log entry', BODY, 7],
    ['the id of the log', [...ENTRY, 'logId', 'keyId'], 1],
    ['the root hash', [...PROOF, 'rootHash'], 1],
    ...hashes.map((path, at) => [`hash ${at} of the proof`, path, 3] as const),
    ...(version === 1 ? ([['the promise', PROMISE, 1]] as const) : []),
  ];

  it.each(members)('cannot be turned over in %s', (_, path, step) => {
    expect(harmlessBytes(good, path, step)).toEqual([]);
  });

  it('cannot be turned over in what is signed of a timestamp', () => {
    const token = Buffer.from(textAt(good, TIMESTAMP), 'base64');
    const signedData = [1, 1, 0];
    const signer = [...signedData, -1, 0];
    // TSTInfo; then the certificate's name and number, the signed attributes, and the signature.
    const decisive = [
      [...signedData, 2, 1, 0],
      [...signer, 1, 0],
      [...signer, 1, 1],
      [...signer, 3],
      [...signer, 5],
    ];
    const ranges = decisive.map((path): Range => contentOf(token, path));
    const isDecisive = (at: number): boolean =>
      ranges.some(([start, end]) => at >= start && at < end);
    const harmless = harmlessBytes(good, TIMESTAMP);
    expect(harmless.filter(isDecisive)).toEqual([]);
    // What CMS leaves unsigned: the status, versions, tags, and names of algorithms.
    expect(harmless.length).toBeLessThan(80);
  });

  it.each<readonly [string, Path]>([
    ['the checkpoint', CHECKPOINT],
    ['the media type', ['mediaType']],
    ['the type of the payload', ['dsseEnvelope', 'payloadType']],
    ['the kind of the log entry', [...ENTRY, 'kindVersion', 'kind']],
    ['the version of the log entry', [...ENTRY, 'kindVersion', 'version']],
  ])('cannot be turned over in %s', (_, path) => {
    const text = textAt(good, path);
    for (let at = 0; at < text.length; at++) {
      const other = String.fromCharCode(text.charCodeAt(at) ^ (1 << (at % 7)));
      const bad = withText(good, path, () => text.slice(0, at) + other + text.slice(at + 1));
      expect(isRefused(bad, good, `${path.join('.')}, character ${at}`)).toBe(true);
    }
  });
});

describe.each(VERSIONS)('a number in a good bundle with Rekor v%i', (version) => {
  const good = bundles[version];

  it.each<readonly [string, Path]>([
    ['the index of the entry', [...ENTRY, 'logIndex']],
    ['the time of the entry', [...ENTRY, 'integratedTime']],
    ['the index in the proof', [...PROOF, 'logIndex']],
    ['the size of the tree', [...PROOF, 'treeSize']],
  ])('cannot be another one: %s', (name, path) => {
    const right = BigInt(textAt(good, path));
    const wrong = [
      right + 1n,
      right - 1n,
      right * 10n,
      right / 10n,
      right ^ (1n << 40n),
      2n ** 63n - 1n,
    ];
    for (const value of wrong.filter((one) => one !== right)) {
      const where = `${path.join('.')} = ${value}`;
      const isSafe = isRefused(
        withText(good, path, () => String(value)),
        good,
        where,
      );
      // Rekor v2 gives no time, and what stands there is not looked at.
      if (version === 1 || name !== 'the time of the entry') expect(isSafe, where).toBe(true);
    }
  });
});

describe.each(VERSIONS)('a part of a good bundle with Rekor v%i', (version) => {
  const good = version === 1 ? make(1, undefined, []) : bundles[2];
  const other = others[version];

  it('cannot be put into another good bundle', () => {
    const differing = pathsOf(good).filter(
      (path) => JSON.stringify(valueAt(good, path)) !== JSON.stringify(valueAt(other, path)),
    );
    expect(differing.length).toBeGreaterThan(15);
    for (const path of differing) {
      expect(isRefused(withPartOf(good, other, path), good, path.join('.')), path.join('.')).toBe(
        true,
      );
    }
  });

  it('cannot be left out, but for those that need not be there', () => {
    const optional = pathsOf(good).filter(
      (path) => !isRefused(withoutValue(good, path), good, path.join('.')),
    );
    // Zero is left out in protobuf's JSON, and Rekor v2 gives zero for a time.
    expect(optional).toEqual(version === 1 ? [] : [[...ENTRY, 'integratedTime']]);
  });
});

describe('a timestamp beside a promise', () => {
  it('may be left out: the time is proven without it', () => {
    for (const path of [
      [...MATERIAL, 'timestampVerificationData'],
      TIMESTAMPS,
      [...TIMESTAMPS, 0],
    ]) {
      expect(check(withoutValue(bundles[1], path), policy)).toBeDefined();
    }
  });
});

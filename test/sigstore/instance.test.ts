import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { IDENTITY, ISSUER } from '../helpers/sigstore/authority.ts';
import {
  makeInstance,
  type SignOptions,
  signModelStatement,
} from '../helpers/sigstore/instance.ts';
import { makeRekor, noteSignature } from '../helpers/sigstore/rekor.ts';

const instance = makeInstance();
const trustedRoot = instance.trustedRoot();

/** The stock verifier of Sigstore for JavaScript. */
function verify(bundle: Bundle, root = trustedRoot): Signer {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root)), {
    tlogThreshold: 1,
    ctlogThreshold: 1,
    timestampThreshold: 1,
  });
  return verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
}

describe('the Sigstore of the tests', () => {
  const good: Readonly<Record<string, SignOptions>> = {
    'Rekor v1': {},
    'Rekor v1 and a timestamp': { timestamps: [{}] },
    'Rekor v1 and a timestamp in place of the promise': {
      entries: [{ promise: null }],
      timestamps: [{}],
    },
    'Rekor v2': { rekor: 2 },
    'Rekor v2 as it was before 2.3': { rekor: 2, entries: [{ kind: 'dsse 0.0.2' }] },
    'a timestamp without certificates': { rekor: 2, timestamps: [{ certificates: false }] },
    'a timestamp that tells its accuracy': { rekor: 2, timestamps: [{ accuracy: 1 }] },
    'both logs': { entries: [{}, { log: instance.rekor2 }] },
    'a witnessed checkpoint': {
      rekor: 2,
      entries: [
        {
          noteSignatures: (own) =>
            `${own}${noteSignature('witness.example', Buffer.alloc(4, 1), Buffer.alloc(72, 2))}`,
        },
      ],
    },
    'a URI for an identity': { leaf: { names: [{ uri: 'https://ci.example/workflow@main' }] } },
  };

  it.each(Object.entries(good))('makes bundles that the stock verifier accepts: %s', (_, how) => {
    const { identity } = verify(signModelStatement(instance, how));
    expect(identity?.extensions?.issuer).toBe(ISSUER);
    expect(identity?.subjectAlternativeName).toMatch(/^(?:signer@example\.com|https:.*@main)$/);
  });

  it.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [2, 0],
    [6, 0],
    [7, 0],
    [8, 0],
    [3, 10],
    [12, 1],
    [63, 64],
  ])('puts entries into trees with %i entries before them and %i behind', (before, behind) => {
    const bundle = signModelStatement(instance, { entries: [{ before, after: behind }] });
    expect(verify(bundle).identity?.subjectAlternativeName).toBe(IDENTITY);
  });

  it('can have logs with another kind of key', () => {
    const log = makeRekor({ version: 2, host: 'ecdsa.rekor.example', key: 'P-256' });
    const bundle = signModelStatement(instance, { rekor: 2, entries: [{ log }] });
    const root = instance.trustedRoot({ logs: [log] });
    expect(verify(bundle, root).identity?.subjectAlternativeName).toBe(IDENTITY);
    expect(() => verify(bundle)).toThrow('invalid checkpoint signature');
  });

  it('is not trusted where another one is', () => {
    const bundle = signModelStatement(instance);
    expect(() => verify(bundle, makeInstance().trustedRoot())).toThrow(
      'Failed to verify certificate chain',
    );
  });
});

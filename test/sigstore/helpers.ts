import { expect } from 'vitest';
import { type ErrorCode, OmsError } from '../../src/errors.ts';
import { type Bundle, parseBundle } from '../../src/format/bundle.ts';
import { type Authenticated, authenticate, type Policy } from '../../src/verifiers/verifier.ts';
import type { IssueOptions } from '../helpers/pki.ts';
import { IDENTITY, ISSUER, type LeafOptions } from '../helpers/sigstore/authority.ts';
import {
  makeInstance,
  type SignOptions,
  signModelStatement,
} from '../helpers/sigstore/instance.ts';

type SigstorePolicy = Extract<Policy, { method: 'sigstore' }>;

/** A policy in which some things are as they always are. */
export type PolicyParts = Partial<
  Pick<SigstorePolicy, 'issuer' | 'trustedRoot' | 'claims' | 'thresholds'>
> &
  ({ readonly identity?: string } | { readonly identityRegExp: string });

/** The Sigstore that the tests of one file share. */
export const instance = makeInstance();

const trustedRoot = instance.trustedRoot();

/** A bundle of the shared instance. */
export function signed(options: SignOptions = {}): Bundle {
  return signModelStatement(instance, options);
}

/** A bundle of the shared instance whose leaf differs in these things. */
export function withLeaf(certificate: Partial<IssueOptions>, leaf: LeafOptions = {}): Bundle {
  return signed({ leaf: { ...leaf, certificate } });
}

function policyWith(parts: PolicyParts = {}): Policy {
  const whole = { method: 'sigstore', issuer: ISSUER, trustedRoot, ...parts } as const;
  return 'identityRegExp' in whole
    ? whole
    : { ...whole, identity: 'identity' in parts ? (parts.identity ?? IDENTITY) : IDENTITY };
}

/** Verifies a bundle, by default as one of the shared instance, by its usual signer. */
export function check(bundle: Bundle | string, parts: PolicyParts = {}): Authenticated {
  return authenticate(parseBundle(bundle), policyWith(parts));
}

/** A wrong bundle beside the right one that it was made from. */
export interface Attack {
  readonly good: Bundle;
  readonly bad: Bundle | string;
  readonly code: ErrorCode;
  /** Whom the verifier trusts, for both. */
  readonly policy?: PolicyParts;
  /** Whom it trusts for the wrong one, if that is the difference. */
  readonly badPolicy?: PolicyParts;
}

/** Holds that the right bundle is accepted, and the wrong one refused for what is wrong. */
export function expectRefusal({
  good,
  bad,
  code,
  policy = USUAL,
  badPolicy = policy,
}: Attack): void {
  expectAcceptance(good, policy);
  const error = errorOf(() => check(bad, badPolicy));
  expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: `));
}

const USUAL: PolicyParts = {};

/** What was accepted once under a policy; one good bundle stands beside many wrong ones. */
const accepted = new WeakMap<Bundle, WeakSet<PolicyParts>>();

function expectAcceptance(bundle: Bundle, policy: PolicyParts): void {
  const policies = accepted.get(bundle) ?? new WeakSet();
  if (policies.has(policy)) return;
  expect(check(bundle, policy).payload.encoding).toBe('dsse');
  accepted.set(bundle, policies.add(policy));
}

/** The error of ours that a call ends with. */
export function errorOf(call: () => unknown): OmsError {
  try {
    call();
  } catch (error) {
    // Anything else that is thrown is a fault, and is shown as such.
    if (!(error instanceof OmsError)) throw error;
    return error;
  }
  expect.fail('accepted, where a refusal was expected');
}

/** `text` as it looks when the top bit of one of its bytes is set. */
export function withHighBit(text: string, at: number): Buffer {
  const bytes = Buffer.from(text);
  bytes.writeUInt8(bytes.readUInt8(at) | 0x80, at);
  return bytes;
}

import { time } from './certificate.ts';
import {
  authorityPlan,
  type Change,
  issue,
  leafPlan,
  type Setting,
  type Written,
  writeChain,
} from './draft.ts';
import { keyOf } from './keys.ts';

export const EXPIRED = {
  validity: [time('2020-01-01T00:00:00Z'), time('2021-01-01T00:00:00Z')],
} as const;
export const RENEWED = {
  validity: [time('2026-01-01T00:00:00Z'), time('2046-01-01T00:00:00Z')],
} as const;
export const BROKEN = { onSignature: (made: Buffer) => Buffer.from(made).fill(1, 8, 12) } as const;

/** Leaf, issuers, root; leaf and root may be one. */
export function good(setting: Setting): readonly [Written, ...Written[], Written] {
  const [leaf, ...rest] = writeChain(setting);
  const last = rest.pop() ?? leaf;
  if (leaf === undefined || last === undefined) throw new Error('a chain without certificates');
  return [leaf, ...rest, last];
}

export function ders(chain: readonly Written[]): readonly Buffer[] {
  return chain.map(({ der }) => der);
}

/** A root of its own, with a key of no other place. */
export function root(subject: string, place: number, ...changes: readonly Change[]): Written {
  return issue(authorityPlan(subject, keyOf('P-256', place), undefined), ...changes);
}

/** The CA once more, by another issuer. */
export function cross(issuer: Written, { plan }: Written): Written {
  return issue(authorityPlan(plan.subject, plan.key, issuer.plan));
}

export function signer(setting: Setting, issuer: Written, ...changes: readonly Change[]): Written {
  return issue(leafPlan(setting, issuer.plan), ...changes);
}

/** Roots that nobody in a chain has to do with. */
export const STRANGER = root('Stranger', 30);
export const STRANGERS = [STRANGER, root('Stranger 31', 31), root('Stranger 32', 32)];

import { createHash } from 'node:crypto';
import type { Purpose } from '../../src/trust/rules.ts';
import { der, sequence } from '../helpers/pki.ts';
import { type Extension, name, type Plan, time, write } from './certificate.ts';
import {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsage,
  keyIdentifier,
  keyUsage,
  subjectKeyId,
  USAGE,
} from './extensions.ts';
import { CURVES, type KeyKind, keyOf, LEAF } from './keys.ts';

/** When all chains are judged, unless one says otherwise. */
export const NOW = new Date('2026-07-01T12:00:00Z');

/** What a chain is made of before anything is done to it. */
export interface Setting {
  readonly purpose: Purpose;
  /** Kinds of the issuers' keys, from the root down, over and over. */
  readonly kinds: readonly KeyKind[];
  /** Certificates, with leaf and root. */
  readonly length: number;
  /** Any number; it decides between what makes no difference. */
  readonly dice: number;
}

/** A certificate with the plan that it was written by. */
export interface Written {
  readonly plan: Plan;
  readonly der: Buffer;
}

/** What an oracle is asked about. */
export interface Chain {
  readonly leaf: Buffer;
  readonly others: readonly Buffer[];
  readonly anchors: readonly Buffer[];
  readonly time: Date;
}

export type Change = Partial<Plan> | ((plan: Plan) => Partial<Plan>);

/** Changes by place: `0` is the root, `-1` the leaf. */
export type Changes = Readonly<Record<number, Change>>;

/** Writes a good chain but for the changes. The leaf comes first, as in a bundle. */
export function writeChain(setting: Setting, changes: Changes = {}): readonly Written[] {
  const { length } = setting;
  const chain: Written[] = [];
  for (let place = 0; place < length; place++) {
    const plan = planOf(setting, place, chain[0]?.plan);
    const written = issue(plan, changes[place], changes[place - length]);
    chain.unshift(written);
  }
  return chain;
}

export function issue(plan: Plan, ...changes: readonly (Change | undefined)[]): Written {
  const changed = apply(plan, changes);
  return { plan: changed, der: write(changed) };
}

function apply(plan: Plan, [change, ...rest]: readonly (Change | undefined)[]): Plan {
  const changed = { ...plan, ...(typeof change === 'function' ? change(plan) : change) };
  return rest.length === 0 ? changed : apply(changed, rest);
}

/** The usual: the anchor is the root, and the bundle brings what is between. */
export function present(chain: readonly Written[], more: Partial<Chain> = {}): Chain {
  const [leaf, ...rest] = chain.map(({ der: bytes }) => bytes);
  if (leaf === undefined) throw new Error('a chain without certificates');
  return {
    leaf,
    others: rest.slice(0, -1),
    anchors: rest.length === 0 ? [leaf] : rest.slice(-1),
    time: NOW,
    ...more,
  };
}

export function subjectAt({ length }: Setting, place: number): string {
  if (length === 1 || place === length - 1) return 'Signer';
  return place === 0 ? 'Root' : `CA ${place}`;
}

const YEAR = 365 * 86_400_000;

function planOf(setting: Setting, place: number, parent: Plan | undefined): Plan {
  const isLeaf = place === setting.length - 1;
  const subject = subjectAt(setting, place);
  const plan = isLeaf
    ? leafPlan(setting, parent)
    : authorityPlan(subject, keyAt(setting, place), parent);
  const years = setting.length - place;
  return { ...plan, validity: [time(back(years)), time(ahead(years))] };
}

function back(years: number): Date {
  return new Date(NOW.getTime() - years * YEAR);
}

function ahead(years: number): Date {
  return new Date(NOW.getTime() + years * YEAR);
}

function keyAt({ kinds }: Setting, place: number): Plan['key'] {
  return keyOf(kinds[place % kinds.length] ?? 'P-256', place);
}

/** A certificate authority below `parent`, or a root. */
export function authorityPlan(subject: string, key: Plan['key'], parent: Plan | undefined): Plan {
  return base(subject, key, parent, [
    basicConstraints(true),
    keyUsage(['keyCertSign', 'cRLSign']),
    subjectKeyId(key.id),
  ]);
}

/** Who signs models, or timestamps. */
export function leafPlan({ purpose, dice }: Setting, parent: Plan | undefined): Plan {
  const key = keyOf(CURVES[dice % CURVES.length] ?? 'P-256', LEAF);
  const usage = extendedKeyUsage([USAGE[purpose]], purpose === 'timeStamping');
  return base('Signer', key, parent, [keyUsage(['digitalSignature']), usage, subjectKeyId(key.id)]);
}

function base(
  subject: string,
  key: Plan['key'],
  parent: Plan | undefined,
  extensions: readonly Extension[],
): Plan {
  const subjectName = name(subject);
  const signer = parent?.key ?? key;
  const issued = parent === undefined ? [] : [authorityKeyId(keyIdentifier(signer.id))];
  return {
    subject,
    subjectName,
    issuerName: parent?.subjectName ?? subjectName,
    key,
    signer,
    hash: 'sha256',
    pss: signer.kind === 'RSA-PSS',
    version: 3,
    serial: der(0x02, Buffer.of(1), serialOf(subject, key)),
    validity: [time(back(1)), time(ahead(1))],
    extensions: [...extensions, ...issued],
  };
}

function serialOf(subject: string, { spki }: Plan['key']): Buffer {
  return createHash('sha256').update(subject).update(spki).digest().subarray(0, 8);
}

/** The extension in place of the one of its kind, or after the others. */
export function having(...added: readonly Extension[]): (plan: Plan) => Partial<Plan> {
  return ({ extensions }) => ({
    extensions: [...extensions.filter(({ id }) => added.every((one) => one.id !== id)), ...added],
  });
}

export function lacking(...ids: readonly string[]): (plan: Plan) => Partial<Plan> {
  return ({ extensions }) => ({
    extensions: extensions.filter(({ id }) => !ids.includes(id)),
  });
}

/** Another key; who signs itself signs with it. */
export function withKey(key: Plan['key']): (plan: Plan) => Partial<Plan> {
  return (plan) => ({
    ...having(subjectKeyId(key.id))(plan),
    key,
    ...(plan.signer === plan.key ? { signer: key, pss: false } : {}),
  });
}

/** Several changes, one after the other. */
export function both(...changes: readonly Change[]): (plan: Plan) => Partial<Plan> {
  return (plan) => apply(plan, changes);
}

export const EMPTY_NAME = sequence();

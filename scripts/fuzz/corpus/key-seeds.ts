import type { KeyObject } from 'node:crypto';
import type { JsonObject } from '../../../src/format/json.ts';
import { repeatably } from '../base/chance.ts';
import { stampsOver } from './clock.ts';
import {
  bundleOf,
  hintOf,
  type KeyId,
  pemOf,
  rawKeyOf,
  sealWithKey,
  signStatement,
  trustIn,
} from './key.ts';
import { together } from './ledger.ts';
import { type Model, MODELS } from './model.ts';
import type { Parties } from './pki.ts';
import type { ClockTrust, Options, Seed } from './seed.ts';
import { FILES, type Serialization, type Style, statementOf } from './statement.ts';

interface KeyPlan {
  readonly name: string;
  readonly key?: KeyObject;
  readonly model?: Model;
  readonly serialization?: Partial<Serialization>;
  readonly style?: Style;
  readonly singleAs?: string;
  readonly options?: Options;
  readonly signature?: string;
  readonly material?: (key: KeyObject) => JsonObject;
  readonly keyid?: KeyId;
  readonly isStamped?: boolean;
}

/** Bundles of the method *key*, in every form that it has had. */
export function keySeeds(parties: Parties): Seed[] {
  const { keys } = parties;
  const single = MODELS.single;
  const plans: readonly KeyPlan[] = [
    { name: 'P-256', model: MODELS.order },
    { name: 'P-384', key: keys['P-384'] },
    { name: 'P-521', key: keys['P-521'] },
    { name: 'blake2b', serialization: { hash: 'blake2b' } },
    { name: 'blake3', serialization: { hash: 'blake3' } },
    { name: 'shards of 16', serialization: { shardSize: 16 } },
    { name: 'shards of 1', serialization: { shardSize: 1, hash: 'blake3' }, model: single },
    { name: 'large shards', serialization: { shardSize: 1_000_000_000, hash: 'blake2b' } },
    { name: 'shards as the reference labels them', serialization: { shardSize: 50 }, style: 'go' },
    { name: 'single file', model: single },
    { name: 'single file as the reference names it', model: single, singleAs: '.' },
    { name: 'single file in shards', model: single, serialization: { shardSize: 20 } },
    { name: 'odd names', model: MODELS.odd },
    {
      name: 'odd names in shards',
      model: MODELS.odd,
      serialization: { shardSize: 4, ignorePaths: ['model.sig'] },
      signature: 'model.sig',
    },
    {
      name: 'ignored paths',
      model: MODELS.ignored,
      serialization: { ignorePaths: ['logs', '.git', '.gitignore', 'signature/model.sig'] },
      signature: 'signature/model.sig',
    },
    {
      name: 'links',
      model: MODELS.links,
      serialization: { allowSymlinks: true },
      options: { allowSymlinks: true },
    },
    { name: 'many files', model: MODELS.many },
    {
      name: 'as the reference 1.1 wrote it',
      model: MODELS.order,
      style: 'reference',
      keyid: '',
      material: (key) => ({ ...hintOf(key), tlogEntries: [] }),
    },
    {
      name: 'as the reference 0.3 wrote it',
      model: MODELS.order,
      style: 'reference',
      keyid: null,
      material: (key) => rawKeyOf(key, 'pem'),
    },
    {
      name: 'with the key in DER',
      material: (key) => ({ ...rawKeyOf(key, 'der'), ...hintOf(key) }),
    },
    { name: 'as the Go client writes it', model: MODELS.order, style: 'go' },
    { name: 'stamped', isStamped: true },
    { name: 'stamped, P-384', isStamped: true, key: keys['P-384'] },
    { name: 'stamped, in shards', isStamped: true, serialization: { shardSize: 64 } },
  ];
  return plans.map((plan) => seedOf(plan, parties));
}

function seedOf(plan: KeyPlan, { keys, tsa }: Parties): Seed {
  const { model = MODELS.weights, style = 'own', key = keys['P-256'], material } = plan;
  const serialization = { ...FILES, ...plan.serialization };
  const clock: ClockTrust | undefined =
    plan.isStamped === true ? { anchors: [tsa.root.der], isRequired: true } : undefined;
  const stampPolicy =
    clock === undefined ? {} : { timestampAnchors: [tsa.root.pem], requireTimestamp: true };
  return {
    name: `key: ${plan.name}`,
    method: 'key',
    model,
    serialization,
    style,
    statement: statementOf(model, serialization, style, plan.singleAs),
    signature: plan.signature,
    policy: { method: 'key', publicKey: pemOf(key), ...stampPolicy },
    options: plan.options ?? {},
    trust: { method: 'key', key: trustIn(key), clock },
    seal: plan.isStamped === true ? sealStamped(key, tsa) : sealWithKey(key, material, plan.keyid),
  };
}

function sealStamped(key: KeyObject, tsa: Parties['tsa']): Seed['seal'] {
  return (statement, sealing) =>
    repeatably(sealing.random, () => {
      const { bytes, ledger } = signStatement(statement, key, sealing);
      const { stamps: plans = [{ options: {}, isTrue: true }] } = sealing;
      const stamps = stampsOver(bytes, tsa, plans);
      const bundle = bundleOf(statement, bytes, { ...hintOf(key), ...stamps.material });
      return { bundle, ledger: together(ledger, stamps.ledger) };
    });
}

import { IDENTITY, ISSUER } from '../../../test/helpers/sigstore/authority.ts';
import type { Instance } from '../../../test/helpers/sigstore/instance.ts';
import { type Model, MODELS } from './model.ts';
import type { Seed, Trust } from './seed.ts';
import { type SigstoreSealing, sealWithSigstore } from './sigstore.ts';
import { FILES, type Serialization, statementOf } from './statement.ts';
import type { SigstorePolicy } from '../../../src/index.ts';

interface SigstorePlan extends Partial<Omit<SigstoreSealing, 'instance'>> {
  readonly name: string;
  readonly model?: Model;
  readonly serialization?: Partial<Serialization>;
  readonly identity?: string;
  readonly pattern?: string;
  readonly kind?: string;
  readonly claims?: Readonly<Record<string, string>>;
  readonly thresholds?: { readonly logs?: number; readonly times?: number };
}

const WORKFLOW = 'https://github.com/acme/model/.github/workflows/release.yml@refs/heads/main';

/** Keyless bundles, as each version of the logs made them. */
export function sigstoreSeeds(instance: Instance): Seed[] {
  const { rekor1, rekor2 } = instance;
  const plans: readonly SigstorePlan[] = [
    { name: 'Rekor v1' },
    { name: 'Rekor v1, stamped', stamps: [{}], serialization: { shardSize: 40 } },
    { name: 'Rekor v2', entries: [{ log: rekor2 }], stamps: [{}], model: MODELS.order },
    {
      name: 'Rekor v2 of 2025',
      entries: [{ log: rekor2, kind: 'dsse 0.0.2' }],
      stamps: [{ accuracy: 1 }],
      serialization: { hash: 'blake2b' },
    },
    {
      name: 'both logs',
      entries: [{ log: rekor1 }, { log: rekor2, before: 3, after: 9 }],
      stamps: [{}],
      model: MODELS.ignored,
    },
    { name: 'alone in the log', entries: [{ log: rekor1, before: 0, after: 0 }] },
    { name: 'without a promise', entries: [{ log: rekor1, promise: null }], stamps: [{}] },
    {
      name: 'a workflow',
      leaf: {
        names: [{ uri: WORKFLOW }],
        claims: {
          2: 'push',
          9: 'https://github.com/acme/x',
          12: 'https://github.com/acme/model',
        },
      },
      identity: WORKFLOW,
      kind: 'uri',
      claims: { 'source-repository-uri': 'https://github.com/acme/model' },
    },
    {
      name: 'a user name',
      leaf: { names: [{ otherName: 'ada' }] },
      identity: 'ada',
      kind: 'username',
      model: MODELS.single,
    },
    { name: 'a pattern', pattern: '[a-z]+@example\\.com', kind: 'email' },
    { name: 'a P-384 key', leaf: { certificate: { key: 'P-384' } } },
  ];
  return plans.map((plan) => seedOf(plan, instance));
}

function seedOf(plan: SigstorePlan, instance: Instance): Seed {
  const { model = MODELS.weights, identity = IDENTITY, pattern, kind = 'email' } = plan;
  const { claims = {}, thresholds, entries = [{}], stamps = [] } = plan;
  const serialization = { ...FILES, ...plan.serialization };
  const root = instance.trustedRoot();
  const policy = {
    method: 'sigstore',
    issuer: ISSUER,
    trustedRoot: root,
    ...(pattern === undefined ? { identity } : { identityRegExp: pattern }),
    ...(Object.keys(claims).length === 0 ? {} : { claims }),
    ...(thresholds === undefined ? {} : { thresholds }),
  } as SigstorePolicy;
  const trust: Trust = {
    method: 'sigstore',
    root,
    // A pattern says nothing of the kind of name.
    isMeant: (name) =>
      pattern === undefined
        ? name.kind === kind && name.value === identity
        : new RegExp(`^(?:${pattern})$`).test(name.value),
    issuer: ISSUER,
    claims,
    thresholds: { logs: 1, times: 1, ...thresholds },
  };
  return {
    name: `sigstore: ${plan.name}`,
    method: 'sigstore',
    model,
    serialization,
    style: 'own',
    statement: statementOf(model, serialization),
    signature: undefined,
    policy,
    options: {},
    trust,
    seal: sealWithSigstore({
      instance,
      entries,
      stamps,
      ...(plan.leaf === undefined ? {} : { leaf: plan.leaf }),
    }),
  };
}

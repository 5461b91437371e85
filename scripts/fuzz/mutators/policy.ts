import type { Draft } from '../base/draft.ts';
import type { Mutator } from '../base/mutator.ts';
import type { CertificatePolicy, KeyPolicy, Policy, SigstorePolicy } from '../../../src/index.ts';
import type { JsonObject } from '../../../src/format/json.ts';
import { after, SIGNED_AT } from '../../../test/helpers/sigstore/times.ts';
import { pemOf, trustIn } from '../corpus/key.ts';
import type { Trust } from '../corpus/seed.ts';
import { editTree } from '../json/edits.ts';
import { nodeOf, textOf } from '../json/tree.ts';
import { hostileText } from '../json/values.ts';
import { editBytes } from './bytes.ts';

/** Policies of somebody who trusts others, or asks for more; and policies that are broken. */
export const policyMutators: readonly Mutator[] = [
  {
    name: 'policy.others',
    phase: 'around',
    weight: 10,
    apply: (draft) => {
      const { policy, trust } = draft;
      draft.touched.add('policy');
      if (policy.method === 'key' && trust.method === 'key') otherKey(draft, policy, trust);
      if (policy.method === 'certificate' && trust.method === 'certificate') {
        otherAnchors(draft, policy, trust);
      }
      if (policy.method === 'sigstore' && trust.method === 'sigstore') {
        otherSigner(draft, policy, trust);
      }
      draft.open();
    },
  },
  {
    name: 'policy.root',
    phase: 'around',
    weight: 6,
    fits: ({ seed }) => seed.method === 'sigstore',
    apply: (draft) => {
      const { policy, trust } = draft;
      draft.touched.add('policy');
      draft.open();
      if (policy.method !== 'sigstore' || trust.method !== 'sigstore') return;
      const root = otherRoot(draft);
      draft.policy = { ...policy, trustedRoot: root };
      draft.trust = { ...trust, root };
    },
  },
  {
    name: 'policy.of another',
    phase: 'around',
    weight: 3,
    apply: (draft) => {
      const { policy, trust } = draft.random.pick(draft.corpus.seeds);
      draft.policy = policy;
      draft.trust = trust;
      draft.touched.add('policy');
      draft.open();
    },
  },
  {
    name: 'policy.no policy',
    phase: 'around',
    weight: 2,
    apply: (draft) => {
      const { policy, random } = draft;
      draft.touched.add('policy');
      draft.open();
      // What no type allows, and a caller in JavaScript may write all the same.
      const members = [
        { method: random.pick(['', 'none', 'keys', '__proto__']) },
        { anchors: [] },
        { anchors: 'text' },
        { anchors: [hostileText(random)] },
        { publicKey: hostileText(random) },
        { publicKey: 1 },
        { identity: '' },
        { identity: 'a', identityRegExp: 'b' },
        { identityRegExp: 'a{1000}{1000}' },
        { issuer: '' },
        { thresholds: { logs: random.pick([0, -1, 1.5, '1']) } },
        { thresholds: { log: 1 } },
        { claims: { unknown: 'x' } },
        { claims: { 'build-trigger': '' } },
        { trustedRoot: hostileText(random) },
        { trustedRoot: null },
        { verificationTime: new Date(Number.NaN) },
        { verificationTime: 'now' },
        { requireTimestamp: true, timestampAnchors: undefined },
        { requireTimestamp: 'yes' },
        { timestampAnchors: [] },
        { extra: 1 },
      ] as const;
      draft.policy = { ...policy, ...random.pick(members) } as Policy;
    },
  },
  {
    name: 'policy.broken',
    phase: 'around',
    weight: 3,
    apply: (draft) => {
      const { policy, random } = draft;
      draft.touched.add('policy');
      const damaged = (text: string | Uint8Array): Buffer => editBytes(Buffer.from(text), random);
      if (policy.method === 'key') {
        draft.policy = { ...policy, publicKey: damaged(policy.publicKey as string) };
      } else if (policy.method === 'certificate') {
        const anchors = policy.anchors.map(damaged);
        draft.policy = { ...policy, anchors };
        draft.trust = withAnchors(draft.trust, anchors);
      } else {
        const root = Buffer.from(textOf(editTree(nodeOf(policy.trustedRoot), random)));
        const trustedRoot = random.oneIn(3) ? damaged(root) : root;
        draft.policy = { ...policy, trustedRoot };
        draft.trust = withRoot(draft.trust, String(trustedRoot));
      }
      draft.open();
    },
  },
];

/** What is still PEM is what the verifier names now. */
function withAnchors(trust: Trust, texts: readonly Buffer[]): Trust {
  if (trust.method !== 'certificate') return trust;
  const blocks = texts.flatMap((text) => [
    ...String(text).matchAll(/^-----BEGIN CERTIFICATE-----\s+([^]*?)^-----END/gm),
  ]);
  const anchors = blocks
    .map(([, body = '']) => body)
    .filter((body) => /^[A-Za-z0-9+/=\s]*$/.test(body))
    .map((body) => Buffer.from(body, 'base64'));
  return { ...trust, anchors: [...trust.anchors, ...anchors] };
}

function withRoot(trust: Trust, text: string): Trust {
  if (trust.method !== 'sigstore') return trust;
  try {
    return { ...trust, root: JSON.parse(text) };
  } catch {
    // What is no JSON is refused.
    return trust;
  }
}

type TrustIn<M extends Trust['method']> = Extract<Trust, { readonly method: M }>;

function otherKey(draft: Draft, policy: KeyPolicy, trust: TrustIn<'key'>): void {
  const { random, corpus } = draft;
  const key = random.pick(Object.values(corpus.parties.keys));
  draft.policy = { ...policy, publicKey: pemOf(key) };
  draft.trust = { ...trust, key: trustIn(key) };
}

function otherAnchors(
  draft: Draft,
  policy: CertificatePolicy,
  trust: TrustIn<'certificate'>,
): void {
  const { random, corpus } = draft;
  const { parties } = corpus;
  if (random.oneIn(2)) {
    const times = [0, 60, -86_400, 86_400, 10 * 86_400, 4e9, -2e9].map((s) => after(SIGNED_AT, s));
    const time = random.pick([...times, new Date()]);
    draft.policy = { ...policy, verificationTime: time };
    draft.trust = { ...trust, time };
    return;
  }
  const all = [
    parties.root,
    parties.intermediate,
    parties.otherRoot,
    parties.crossing,
    parties.stranger,
    parties.tsa.root,
    ...Object.values(parties.leaves),
    parties.expired,
    ...parties.long,
  ];
  const chosen = Array.from({ length: random.size(4) }, () => random.pick(all));
  draft.policy = { ...policy, anchors: chosen.map(({ pem }) => pem) };
  draft.trust = { ...trust, anchors: chosen.map(({ der }) => der) };
}

function otherSigner(draft: Draft, policy: SigstorePolicy, trust: TrustIn<'sigstore'>): void {
  const { random } = draft;
  switch (random.below(5)) {
    case 0: {
      const { identity: _, identityRegExp: __, ...rest } = policy;
      const identity = random.pick([
        'other@example.com',
        'SIGNER@example.com',
        hostileText(random),
        'ada',
      ]);
      draft.policy = { ...rest, identity } as SigstorePolicy;
      draft.trust = { ...trust, isMeant: ({ value }) => value === identity };
      break;
    }
    case 1: {
      const { identity: _, ...rest } = policy;
      const [pattern, meant] = random.pick(PATTERNS);
      draft.policy = { ...rest, identityRegExp: pattern } as SigstorePolicy;
      draft.trust = { ...trust, isMeant: ({ value }) => meant(value) };
      break;
    }
    case 2: {
      const issuer = random.pick([
        `${policy.issuer}/`,
        policy.issuer.toUpperCase(),
        'x',
        hostileText(random),
      ]);
      draft.policy = { ...policy, issuer };
      draft.trust = { ...trust, issuer };
      break;
    }
    case 3: {
      const [name, value] = random.pick(CLAIMS);
      draft.policy = { ...policy, claims: { ...policy.claims, [name]: value } };
      draft.trust = { ...trust, claims: { ...trust.claims, [name]: value } };
      break;
    }
    default: {
      const thresholds = { logs: random.between(1, 3), times: random.between(1, 3) };
      draft.policy = { ...policy, thresholds };
      draft.trust = { ...trust, thresholds };
    }
  }
}

const CLAIMS = [
  ['build-trigger', 'push'],
  ['source-repository-uri', 'https://github.com/acme/model'],
  ['source-repository-uri', 'https://github.com/acme/model/'],
  ['github-workflow-trigger', 'push'],
  ['build-signer-uri', 'https://github.com/acme/x'],
] as const;

const PATTERNS: readonly (readonly [string, (value: string) => boolean])[] = [
  ['signer', (value) => value === 'signer'],
  ['.*', () => true],
  ['', () => false],
  ['signer@example.com|x', (value) => /^signer@example.com$|^x$/.test(value)],
  ['^signer@example\\.com$', (value) => value === 'signer@example.com'],
  ['(?i)SIGNER@example\\.com', (value) => value.toLowerCase() === 'signer@example.com'],
  ['(a+)+$', (value) => /^a+$/.test(value)],
  ['(', () => false],
  ['(?=signer).*', () => false],
  ['https://github\\.com/acme/.*', (value) => value.startsWith('https://github.com/acme/')],
];

/** A trusted root that trusts less, for other times, or in other hands. */
function otherRoot({ random, corpus }: Draft): JsonObject {
  const { instance } = corpus;
  const { authority, ctLog, rekor1, rekor2, tsa } = instance;
  const [start, end] = [
    after(SIGNED_AT, random.between(-5, 5)),
    after(SIGNED_AT, random.between(-5, 20)),
  ];
  const kind = random.pick(['authorities', 'ctLogs', 'logs', 'tsas'] as const);
  const none = { authorities: [], ctLogs: [], logs: [], tsas: [] } as const;
  const roots: readonly JsonObject[] = [
    instance.trustedRoot({ windows: { [kind]: { start } } }),
    instance.trustedRoot({ windows: { [kind]: { end } } }),
    instance.trustedRoot({ windows: { [kind]: { start, end } } }),
    instance.trustedRoot({ [kind]: none[kind] }),
    instance.trustedRoot({ logs: [random.pick([rekor1, rekor2])] }),
    instance.trustedRoot({ logs: [rekor1, rekor1, rekor2, rekor2] }),
    instance.trustedRoot({ tsas: [tsa, tsa], ctLogs: [ctLog, ctLog] }),
    instance.trustedRoot({ authorities: [{ root: authority.root, intermediate: authority.root }] }),
    withOperators(instance.trustedRoot(), random.pick(['', 'one', 'two'])),
  ];
  return random.pick(roots);
}

function withOperators(root: JsonObject, operator: string): JsonObject {
  const named = (list: unknown): JsonObject[] =>
    (list as readonly JsonObject[]).map((one, at) => ({ ...one, operator: operator || `${at}` }));
  return {
    ...root,
    tlogs: named(root['tlogs']),
    timestampAuthorities: named(root['timestampAuthorities']),
  };
}

import type { Issued } from '../../../test/helpers/pki.ts';
import { after, SIGNED_AT } from '../../../test/helpers/sigstore/times.ts';
import { type CertificateSealing, derOf, sealWithCertificate } from './certificate.ts';
import { type Model, MODELS } from './model.ts';
import type { Parties } from './pki.ts';
import type { Seed } from './seed.ts';
import { FILES, type Serialization, type Style, statementOf } from './statement.ts';

interface CertificatePlan extends Partial<Omit<CertificateSealing, 'key' | 'leaf' | 'others'>> {
  readonly name: string;
  readonly leaf?: Issued;
  readonly others?: readonly Issued[];
  readonly anchors?: readonly Issued[];
  readonly model?: Model;
  readonly serialization?: Partial<Serialization>;
  readonly style?: Style;
  readonly time?: Date;
}

/** Bundles of the method *certificate*, over every kind of chain. */
export function certificateSeeds(parties: Parties): Seed[] {
  const { leaves, intermediate, root, crossing, otherRoot, expired, long, tsa } = parties;
  const deep = long.at(-1) ?? root;
  const plans: readonly CertificatePlan[] = [
    { name: 'P-256' },
    { name: 'P-384', leaf: leaves['P-384'], model: MODELS.order },
    { name: 'P-521', leaf: leaves['P-521'], serialization: { shardSize: 33 } },
    { name: 'with the root', others: [intermediate, root], serialization: { hash: 'blake3' } },
    { name: 'trusting the intermediate', anchors: [intermediate], others: [] },
    { name: 'trusting the leaf', anchors: [leaves['P-256']], others: [] },
    { name: 'two ways to a root', others: [intermediate, crossing], anchors: [otherRoot, root] },
    { name: 'a long chain', leaf: deep, others: long.slice(1, -1).toReversed() },
    { name: 'at a named time', leaf: expired, time: after(SIGNED_AT, 60) },
    { name: 'stamped', leaf: expired, clock: tsa },
    { name: 'stamped, with the root', leaf: expired, clock: tsa, others: [intermediate, root] },
    { name: 'stamped, at a named time', leaf: expired, clock: tsa, time: after(SIGNED_AT, 90) },
    { name: 'as the Go client writes it', single: true, others: [], anchors: [intermediate] },
    {
      name: 'as the reference 1.1 wrote it',
      style: 'reference',
      more: { tlogEntries: [] },
      keyid: '',
    },
    {
      name: 'as the reference 0.2 wrote it',
      style: 'legacy',
      encoding: 'legacy',
      keyid: null,
      model: MODELS.order,
    },
    { name: '0.2 with a P-384 key', style: 'legacy', encoding: 'legacy', leaf: leaves['P-384'] },
  ];
  return plans.map((plan) => seedOf(plan, parties));
}

function seedOf(plan: CertificatePlan, { leaves, intermediate, root }: Parties): Seed {
  const { leaf = leaves['P-256'], others = [intermediate], anchors = [root], time, clock } = plan;
  const { model = MODELS.weights, style = 'own' } = plan;
  const serialization = { ...FILES, ...plan.serialization };
  return {
    name: `certificate: ${plan.name}`,
    method: 'certificate',
    model,
    serialization,
    style,
    statement: statementOf(model, serialization, style),
    signature: undefined,
    policy: {
      method: 'certificate',
      anchors: anchors.map(({ pem }) => pem),
      ...(time === undefined ? {} : { verificationTime: time }),
      ...(clock === undefined ? {} : { timestampAnchors: [clock.root.pem] }),
    },
    options: {},
    trust: {
      method: 'certificate',
      anchors: anchors.map(derOf),
      time,
      clock: clock && { anchors: [clock.root.der], isRequired: false },
    },
    seal: sealWithCertificate({
      ...plan,
      key: leaf.privateKey,
      leaf: leaf.der,
      others: others.map(derOf),
    }),
    authority: { issuer: issuerOf(leaf, { intermediate, root }, others), leaf },
  };
}

/** Of the leaf at the end of the long chain, the last one before it. */
function issuerOf(
  { subject }: Issued,
  { intermediate }: Pick<Parties, 'intermediate' | 'root'>,
  [last = intermediate]: readonly Issued[],
): Issued {
  return subject === 'Fuzz Deep' ? last : intermediate;
}

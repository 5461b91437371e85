import type { JsonObject, JsonValue } from '../../../src/format/json.ts';
import type { Bundle } from '../../../src/index.ts';
import { certify, type Instance } from '../../../test/helpers/sigstore/instance.ts';
import type { LeafOptions } from '../../../test/helpers/sigstore/authority.ts';
import { type EntryOptions, logEntry, type Rekor } from '../../../test/helpers/sigstore/rekor.ts';
import { after, SIGNED_AT, secondsOf } from '../../../test/helpers/sigstore/times.ts';
import type { TimestampOptions } from '../../../test/helpers/sigstore/tsa.ts';
import { isNoteOf } from '../oracle/note.ts';
import { repeatably } from '../base/chance.ts';
import { stampsOver } from './clock.ts';
import { bundleOf, signStatement } from './key.ts';
import { certified, type Ledger, NOTHING, together } from './ledger.ts';
import type { Lying, Seed, Sealed } from './seed.ts';

export interface SigstoreSealing {
  readonly instance: Instance;
  readonly leaf?: LeafOptions;
  /** An entry of each of these logs. */
  readonly entries: readonly EntryOptions[];
  readonly stamps: readonly TimestampOptions[];
}

/** Signs as a keyless signer does: a new certificate, log entries, timestamps. */
export function sealWithSigstore(own: SigstoreSealing): Seed['seal'] {
  const { instance } = own;
  return (statement, sealing): Sealed =>
    repeatably(sealing.random, () => {
      const issued = certify(instance, { ...own.leaf, ...sealing.leafOptions }, sealing.scts);
      const leaf = sealing.leaf ?? issued.der;
      const { bytes, ledger } = signStatement(statement, issued.privateKey, sealing);
      const entries = (sealing.entries ?? own.entries.map(truth)).map(({ options, isTrue }) => ({
        options: { log: instance.rekor1, ...options },
        isTrue,
      }));
      const stamps = stampsOver(bytes, instance.tsa, sealing.stamps ?? own.stamps.map(truth));
      const signed = { payload: statement, signature: bytes, certificate: leaf };
      const tlogEntries = entries.map(({ options }) => logEntry(options.log, signed, options));
      const certificate = { rawBytes: leaf.toString('base64') };
      const { intermediate } = instance.authority;
      const bundle: Bundle = bundleOf(statement, bytes, {
        certificate,
        tlogEntries,
        ...stamps.material,
      });
      const facts: Ledger = {
        ...NOTHING,
        certificates: [certified(issued.der, intermediate.privateKey)],
        entries: entries.map((entry, at) => factsOf(entry, bytes, tlogEntries[at])),
      };
      return { bundle, ledger: together(ledger, stamps.ledger, facts) };
    });
}

function truth<T>(options: T): Lying<T> {
  return { options, isTrue: true };
}

type MadeEntry = Lying<EntryOptions & { readonly log: Rekor }>;

function factsOf(
  { options, isTrue }: MadeEntry,
  signature: Buffer,
  written: JsonObject = {},
): Ledger['entries'][number] {
  const { log, before = 5, time = after(SIGNED_AT, 2), promise } = options;
  const { canonicalizedBody: body } = written;
  const isPromised = promise === undefined ? log.version === 1 : promise !== null;
  return {
    log: log.baseUrl,
    index: log.firstIndex + before,
    indexInTree: before,
    promised: isPromised ? secondsOf(time) : undefined,
    signature,
    kind: Object.values(written['kindVersion'] ?? {}).join(' '),
    body: Buffer.from(typeof body === 'string' ? body : '', 'base64'),
    isTrue: isTrue && hasNote(log, written),
  };
}

/** The proof is right, whatever the checkpoint was made into. */
function hasNote(log: Rekor, { inclusionProof }: JsonObject): boolean {
  if (inclusionProof === undefined) return false;
  const { treeSize, rootHash, checkpoint } = inclusionProof as Readonly<Record<string, JsonValue>>;
  const { envelope } = checkpoint as Readonly<Record<string, JsonValue>>;
  return isNoteOf(log, envelope as string, { size: treeSize as string, root: rootHash as string });
}

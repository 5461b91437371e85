import { type KeyObject, sign } from 'node:crypto';
import type { Bundle } from '../../../src/format/bundle.ts';
import type { JsonObject } from '../../../src/format/json.ts';
import { buildManifest } from '../../../src/format/manifest.ts';
import { encodeStatement } from '../../../src/format/statement.ts';
import { hashOf } from '../forge.ts';
import type { Issued } from '../pki.ts';
import { type Authority, issueLeaf, type LeafOptions, makeAuthority } from './authority.ts';
import { b64, pae } from './bytes.ts';
import { type CtLog, makeCtLog, makeSct, type SctOptions, sctExtension } from './ct-log.ts';
import { type EntryOptions, logEntry, makeRekor, type Rekor } from './rekor.ts';
import { type Trusted, trustedRootOf } from './trusted-root.ts';
import { makeTsa, type TimestampOptions, type Tsa, timestamp } from './tsa.ts';

/** A whole Sigstore in one process: it signs what it is asked to sign, wrong or right. */
export interface Instance {
  readonly authority: Authority;
  readonly ctLog: CtLog;
  readonly rekor1: Rekor;
  readonly rekor2: Rekor;
  readonly tsa: Tsa;
  /** Its `TrustedRoot` as JSON; what is given replaces what would stand there. */
  readonly trustedRoot: (differences?: Partial<Trusted>) => JsonObject;
}

/** What is signed, by whom, and how the attestations are to differ from right ones. */
export interface SignOptions {
  /** Version of the log; 1 by default. */
  readonly rekor?: 1 | 2;
  readonly statement?: Uint8Array;
  readonly leaf?: LeafOptions;
  /** A certificate in place of a new one; `leaf` and `scts` are not used then. */
  readonly signer?: Issued;
  /** Signs in place of the certificate's key. */
  readonly signedWith?: KeyObject;
  /** One SCT by default; none leaves the extension out. */
  readonly scts?: readonly SctOptions[];
  /** One log entry by default. */
  readonly entries?: readonly EntryOptions[];
  /** One timestamp by default with Rekor v2, which gives no time, and none with v1. */
  readonly timestamps?: readonly TimestampOptions[];
}

export function makeInstance(): Instance {
  const authority = makeAuthority();
  const ctLog = makeCtLog();
  const rekor1 = makeRekor({ version: 1 });
  const rekor2 = makeRekor({ version: 2 });
  const tsa = makeTsa();
  const own = { authorities: [authority], ctLogs: [ctLog], logs: [rekor1, rekor2], tsas: [tsa] };
  return {
    authority,
    ctLog,
    rekor1,
    rekor2,
    tsa,
    trustedRoot: (differences = {}) => trustedRootOf({ ...own, ...differences }),
  };
}

/** A statement as `oms` makes it, over a model of one file with this content. */
export function modelStatement(content = 'content of a'): Uint8Array {
  const file = { name: 'a', path: 'a', start: 0, end: undefined, digest: hashOf(content) };
  const serialization = {
    hashAlgorithm: 'sha256',
    shardSize: undefined,
    allowSymlinks: false,
    ignorePaths: [],
  } as const;
  return encodeStatement(buildManifest('model', serialization, [file]));
}

/** A leaf of the instance's Fulcio, with SCTs of its log. */
export function certify(
  { authority, ctLog }: Instance,
  leaf: LeafOptions = {},
  scts: readonly SctOptions[] = [{}],
): Issued {
  return issueLeaf(authority, leaf, (precertificate) =>
    scts.length === 0
      ? []
      : [
          sctExtension(
            scts.map((sct) => makeSct(ctLog, precertificate, authority.intermediate, sct)),
          ),
        ],
  );
}

/** A keyless bundle. With no options, one that every verifier should accept. */
export function signModelStatement(instance: Instance, options: SignOptions = {}): Bundle {
  const { rekor = 1, statement: payload = modelStatement(), entries = [{}] } = options;
  const { timestamps = rekor === 1 ? [] : [{}] } = options;
  const leaf = options.signer ?? certify(instance, options.leaf, options.scts);
  const signature = sign('sha256', pae(payload), options.signedWith ?? leaf.privateKey);
  const log = rekor === 1 ? instance.rekor1 : instance.rekor2;
  const signed = { payload, signature, certificate: leaf.der };
  const tokens = timestamps.map((one) => timestamp(instance.tsa, signature, one));
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: b64(leaf.der) },
      tlogEntries: entries.map((one) => logEntry(log, signed, one)),
      ...(tokens.length === 0
        ? {}
        : {
            timestampVerificationData: {
              rfc3161Timestamps: tokens.map((token) => ({ signedTimestamp: b64(token) })),
            },
          }),
    },
    dsseEnvelope: {
      payload: b64(payload),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: b64(signature) }],
    },
  };
}

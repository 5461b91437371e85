import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import type { JsonObject } from '../../src/format/json.ts';
import { makeKey, pemOf } from './pki.ts';
import type { LeafOptions } from './sigstore/authority.ts';
import { setting } from './sigstore/body-edit.ts';
import { pae, sha256 } from './sigstore/bytes.ts';
import type { SctOptions } from './sigstore/ct-log.ts';
import type { Instance } from './sigstore/instance.ts';
import { type EntryOptions, logEntry, type Rekor } from './sigstore/rekor.ts';
import type { TimestampOptions } from './sigstore/tsa.ts';
import { certifyKey } from './sigstore-leaf.ts';
import { readStampRequest, stamp } from './sigstore-stamp.ts';

/** The services of an instance; `second` is another Rekor v1. */
export type ServiceName = 'fulcio' | 'rekor1' | 'second' | 'rekor2' | 'tsa';

/** How what the services make is to differ from what it should be. */
export interface DeskOptions {
  /** What Fulcio writes into certificates, whatever the token says. */
  readonly leaf?: LeafOptions;
  readonly scts?: readonly SctOptions[];
  /** Certifies a key of its own in place of the one that it is asked for. */
  readonly otherKey?: boolean;
  /** The second log. */
  readonly second?: Rekor;
  readonly entry?: EntryOptions;
  readonly timestamp?: TimestampOptions;
  /** Answers with a timestamp for another request over the same data. */
  readonly otherNonce?: boolean;
}

const JSON_TYPE = 'application/json';

/** Does the work, and refuses requests that the real services would refuse. */
export class Desk {
  readonly #instance: Instance;
  readonly #options: DeskOptions;

  constructor(instance: Instance, options: DeskOptions) {
    this.#instance = instance;
    this.#options = options;
  }

  /** Media type and content of the right answer. Throws for what the service would refuse. */
  work(service: ServiceName, body: Buffer): readonly [type: string, content: string | Buffer] {
    const text = body.toString();
    switch (service) {
      case 'fulcio':
        return [JSON_TYPE, JSON.stringify(this.#certify(text))];
      case 'rekor1':
        return [JSON_TYPE, JSON.stringify(this.#log1(this.#instance.rekor1, text))];
      case 'second':
        return [JSON_TYPE, JSON.stringify(this.#log1(this.#options.second, text))];
      case 'rekor2':
        return [JSON_TYPE, JSON.stringify(this.#log2(text))];
      case 'tsa': {
        const { otherNonce = false, timestamp } = this.#options;
        const request = readStampRequest(body);
        const nonce = otherNonce ? Buffer.alloc(8, 0x55) : request.nonce;
        const response = stamp(this.#instance.tsa, { ...request, nonce }, timestamp);
        return ['application/timestamp-reply', response];
      }
    }
  }

  #certify(body: string): JsonObject {
    const { credentials, publicKeyRequest } = JSON.parse(body) as CertificateRequest;
    const key = createPublicKey(publicKeyRequest.publicKey.content);
    const [, claims = ''] = credentials.oidcIdentityToken.split('.');
    const { email, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims;
    const proof = Buffer.from(publicKeyRequest.proofOfPossession, 'base64');
    if (!verify('sha256', Buffer.from(email ?? sub), key, proof)) throw new Error('no proof');
    const { leaf = {}, scts = [{}], otherKey = false } = this.#options;
    const certified = otherKey ? createPublicKey(makeKey('P-256')) : key;
    const { intermediate, root } = this.#instance.authority;
    const issued = pemOf('CERTIFICATE', certifyKey(this.#instance, certified, leaf, scts));
    const certificates = [issued, intermediate.pem, root.pem];
    return { signedCertificateEmbeddedSct: { chain: { certificates } } };
  }

  #log1(log: Rekor | undefined, body: string): JsonObject {
    if (log === undefined) throw new Error('there is no second log');
    const signed = readDsse(body);
    const { publicKey } = new X509Certificate(signed.certificate);
    if (!verify('sha256', pae(signed.payload), publicKey, signed.signature)) {
      throw new Error('no signature by this certificate');
    }
    const entry = logEntry(log, signed, this.#options.entry);
    return { [sha256(body).toString('hex')]: toRekor1(entry) };
  }

  #log2(body: string): JsonObject {
    const { digest, ...signed } = readHashedRekord(body);
    const { body: change, ...entry } = this.#options.entry ?? {};
    return logEntry(
      this.#instance.rekor2,
      { payload: Buffer.alloc(0), ...signed },
      {
        ...entry,
        body: (empty) => {
          const right = setting(['spec', 'hashedRekordV002', 'data', 'digest'], digest)(empty);
          return change?.(right) ?? right;
        },
      },
    );
  }
}

interface CertificateRequest {
  readonly credentials: { readonly oidcIdentityToken: string };
  readonly publicKeyRequest: {
    readonly publicKey: { readonly content: string };
    readonly proofOfPossession: string;
  };
}

interface Claims {
  readonly email?: string;
  readonly sub: string;
}

interface DsseRequest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: {
    readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] };
  };
}

function readDsse(body: string): { payload: Buffer; signature: Buffer; certificate: Buffer } {
  const { kind, apiVersion, spec } = JSON.parse(body) as DsseRequest;
  if (kind !== 'dsse' || apiVersion !== '0.0.1') throw new Error('another kind');
  const { envelope, verifiers } = spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope) as {
    readonly payload: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
  const pem = Buffer.from(verifiers[0] ?? '', 'base64');
  return {
    payload: Buffer.from(payload, 'base64'),
    signature: Buffer.from(signatures[0]?.sig ?? '', 'base64'),
    certificate: new X509Certificate(pem).raw,
  };
}

interface HashedRekordRequest {
  readonly hashedRekordRequestV002: {
    readonly digest: string;
    readonly signature: {
      readonly content: string;
      readonly verifier: {
        readonly keyDetails: string;
        readonly x509Certificate: { readonly rawBytes: string };
      };
    };
  };
}

function readHashedRekord(body: string): {
  digest: string;
  signature: Buffer;
  certificate: Buffer;
} {
  const { digest, signature } = (JSON.parse(body) as HashedRekordRequest).hashedRekordRequestV002;
  const { keyDetails, x509Certificate } = signature.verifier;
  if (keyDetails !== 'PKIX_ECDSA_P256_SHA_256') throw new Error('another algorithm');
  return {
    digest,
    signature: Buffer.from(signature.content, 'base64'),
    certificate: Buffer.from(x509Certificate.rawBytes, 'base64'),
  };
}

interface BundledEntry {
  readonly logIndex: string;
  readonly logId: { readonly keyId: string };
  readonly integratedTime: string;
  readonly canonicalizedBody: string;
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string };
  readonly inclusionProof?: {
    readonly logIndex: string;
    readonly rootHash: string;
    readonly treeSize: string;
    readonly hashes: readonly string[];
    readonly checkpoint: { readonly envelope: string };
  };
}

/** An entry as the API of Rekor v1 tells it. */
function toRekor1(bundled: JsonObject): JsonObject {
  const entry = bundled as unknown as BundledEntry;
  const { inclusionPromise: promise, inclusionProof: proof } = entry;
  const hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');
  return {
    body: entry.canonicalizedBody,
    integratedTime: Number(entry.integratedTime),
    logID: hex(entry.logId.keyId),
    logIndex: Number(entry.logIndex),
    verification: {
      ...(promise === undefined ? {} : { signedEntryTimestamp: promise.signedEntryTimestamp }),
      ...(proof === undefined
        ? {}
        : {
            inclusionProof: {
              checkpoint: proof.checkpoint.envelope,
              hashes: proof.hashes.map(hex),
              logIndex: Number(proof.logIndex),
              rootHash: hex(proof.rootHash),
              treeSize: Number(proof.treeSize),
            },
          }),
    },
  };
}

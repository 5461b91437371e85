import { constants, createHash, type KeyObject, sign } from 'node:crypto';
import {
  der,
  HASHES,
  type Hash,
  type Issued,
  type IssueOptions,
  integer,
  issue,
  nameOf,
  oid,
  sequence,
  signatureAlgorithm,
} from '../pki.ts';
import { makeRoot } from './authority.ts';
import { sha256 } from './bytes.ts';
import { after, ERA, SIGNED_AT } from './times.ts';

/** A timestamp authority (RFC 3161): a root, and the certificate that signs timestamps. */
export interface Tsa {
  readonly url: string;
  readonly root: Issued;
  readonly leaf: Issued;
}

/** How a timestamp is to differ from a right one. What is changed here is then signed. */
export interface TimestampOptions {
  /** Who makes it; the instance's own by default. */
  readonly tsa?: Tsa;
  /** What is stamped in place of the signature. */
  readonly data?: Uint8Array;
  readonly time?: Date;
  /** Of `TSTInfo`; there is one. */
  readonly version?: number;
  /** `genTime` as it is. */
  readonly genTime?: string;
  /** Of the imprint. */
  readonly hash?: Hash;
  /** PKIStatus: 0 is granted, 2 rejection. The token is there all the same. */
  readonly status?: number;
  /** In seconds. */
  readonly accuracy?: number;
  /** The content type of what is signed; RFC 3161 has one of its own. */
  readonly contentType?: string;
  /** The attributes that are signed, in place of the right ones. */
  readonly contentTypeAttribute?: string;
  readonly messageDigest?: (right: Buffer) => Buffer;
  /** The certificate that `signingCertificateV2` names. */
  readonly namedCertificate?: Issued;
  /** Signs in place of the authority's key. */
  readonly signedWith?: KeyObject;
  /** Whether the authority's certificate stands in the token. */
  readonly certificates?: boolean;
  /** What stands there in its place: whatever is given. */
  readonly embedded?: readonly Buffer[];
  /** PKIFailureInfo, as the content of a BIT STRING. */
  readonly failure?: Buffer;
  /** Leaves the token out: only a status remains. */
  readonly tokenless?: boolean;
  /** The content of the nonce's INTEGER. */
  readonly nonce?: Buffer;
  /** OID, or a value as it is. */
  readonly policy?: string | Buffer;
  /** What follows `genTime`, in place of the accuracy and the nonce. */
  readonly optional?: readonly Buffer[];
  /** The tag of `genTime`. */
  readonly timeTag?: number;
  /** `messageImprint` as it is. */
  readonly imprint?: Buffer;
  /** With which the content is hashed, and signed; SHA-256 by default. */
  readonly digest?: Hash;
  /** Signs with RSASSA-PSS. */
  readonly pss?: boolean;
  /** `signatureAlgorithm` as it is. */
  readonly algorithm?: Buffer;
  /** The signed attributes, made of the right ones. */
  readonly attributes?: (right: readonly Buffer[]) => readonly Buffer[];
  /** Who signed, as the signer information says, which nobody signs. */
  readonly signerIdentifier?: Buffer;
  /** How many signers there are, all the same one. */
  readonly signers?: number;
}

export const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

export const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';

/** The policy that stands in a timestamp unless a test says otherwise. */
export const POLICY = '1.3.6.1.4.1.57264.2';

/** Serial number of the certificate that signs. */
const SERIAL = 4242;

export function makeTsa(
  name = 'Example TSA',
  differences: Partial<Record<'root' | 'leaf', Partial<IssueOptions>>> = {},
): Tsa {
  const root = makeRoot(name, differences.root);
  const leaf = issue({
    subject: name,
    issuer: root,
    key: 'P-384',
    hash: 'sha384',
    serial: SERIAL,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: [TIME_STAMPING],
    criticalExtendedKeyUsage: true,
    ...ERA,
    ...differences.leaf,
  });
  return { url: 'https://tsa.example/api/v1/timestamp', root, leaf };
}

/** `TimeStampResp` (RFC 3161 §2.4.2) in DER, as a bundle holds it. */
export function timestamp(own: Tsa, data: Uint8Array, options: TimestampOptions = {}): Buffer {
  const token = tokenOf(options.tsa ?? own, options.data ?? data, options);
  const failure = options.failure === undefined ? [] : [der(0x03, options.failure)];
  const status = sequence(integer(options.status ?? 0), ...failure);
  return options.tokenless === true ? sequence(status) : sequence(status, token);
}

/** `ContentInfo` with `SignedData` (RFC 5652 §5.1) and one signer. */
function tokenOf(tsa: Tsa, data: Uint8Array, options: TimestampOptions): Buffer {
  const info = tstInfo(data, options);
  const { contentType = TST_INFO, certificates = true } = options;
  const signedData = sequence(
    integer(3),
    der(0x31, sequence(oid(HASHES[options.digest ?? 'sha256']))),
    sequence(oid(contentType), der(0xa0, der(0x04, info))),
    ...(certificates ? [der(0xa0, ...(options.embedded ?? [tsa.leaf.der]))] : []),
    der(0x31, ...Array<Buffer>(options.signers ?? 1).fill(signerInfo(tsa, info, options))),
  );
  return sequence(oid('1.2.840.113549.1.7.2'), der(0xa0, signedData));
}

/** RFC 3161 §2.4.2 */
function tstInfo(data: Uint8Array, options: TimestampOptions): Buffer {
  const { hash = 'sha256', time = after(SIGNED_AT, 1), policy = POLICY } = options;
  const imprint = createHash(hash).update(data).digest();
  const genTime = options.genTime ?? time.toISOString().replace(/\.\d+|[-:T]/g, '');
  return sequence(
    integer(options.version ?? 1),
    Buffer.isBuffer(policy) ? policy : oid(policy),
    options.imprint ?? sequence(sequence(oid(HASHES[hash]), der(0x05)), der(0x04, imprint)),
    integer(77),
    der(options.timeTag ?? 0x18, Buffer.from(genTime)),
    ...(options.optional ?? [
      ...(options.accuracy === undefined ? [] : [sequence(integer(options.accuracy))]),
      options.nonce === undefined ? integer(990_001) : der(0x02, options.nonce),
    ]),
  );
}

/** RFC 5652 §5.3 */
function signerInfo(tsa: Tsa, info: Buffer, options: TimestampOptions): Buffer {
  const { digest: algorithm = 'sha256', pss = false } = options;
  const key = options.signedWith ?? tsa.leaf.privateKey;
  const digest = createHash(algorithm).update(info).digest();
  const issuer = nameOf(tsa.root.subject);
  const right = [
    attribute('1.2.840.113549.1.9.3', oid(options.contentTypeAttribute ?? TST_INFO)),
    attribute('1.2.840.113549.1.9.4', der(0x04, options.messageDigest?.(digest) ?? digest)),
    signingCertificate(options.namedCertificate ?? tsa.leaf, issuer),
  ];
  const attributes = sortedSet(options.attributes?.(right) ?? right);
  const padding = pss
    ? {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }
    : {};
  return sequence(
    integer(1),
    options.signerIdentifier ?? sequence(issuer, integer(SERIAL)),
    sequence(oid(HASHES[algorithm])),
    der(0xa0, attributes),
    options.algorithm ?? signatureAlgorithm(key, algorithm, pss),
    // What is signed is their set, and not the tag that they have here (§5.4).
    der(0x04, sign(algorithm, der(0x31, attributes), { key, ...padding })),
  );
}

/** `signingCertificateV2` (RFC 5035 §3), with SHA-256, which is its default. */
function signingCertificate(certificate: Issued, issuer: Buffer): Buffer {
  const issuerSerial = sequence(sequence(der(0xa4, issuer)), integer(SERIAL));
  const id = sequence(der(0x04, sha256(certificate.der)), issuerSerial);
  return attribute(SIGNING_CERTIFICATE_V2, sequence(sequence(id)));
}

/** A signed attribute with its values; RFC 5652 §11 asks for one. */
export function attribute(type: string, ...values: readonly Buffer[]): Buffer {
  return sequence(oid(type), der(0x31, ...values));
}

/** The members of a `SET OF` in the order that DER asks for (X.690 §11.6). */
function sortedSet(members: readonly Buffer[]): Buffer {
  return Buffer.concat(members.toSorted((a, b) => Buffer.compare(a, b)));
}

const TST_INFO = '1.2.840.113549.1.9.16.1.4';

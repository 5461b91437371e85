import { readStatement } from '../../../src/format/statement.ts';
import { parseIdentityToken } from '../../../src/identity/token.ts';
import { parseBundle } from '../../../src/format/bundle.ts';
import { loadCertificates, parseCertificate } from '../../../src/trust/certificate.ts';
import { readFulcioIdentity } from '../../../src/trust/fulcio.ts';
import { loadPrivateKey, loadPublicKey } from '../../../src/trust/keys.ts';
import { parseSigningConfig } from '../../../src/trust/signing-config.ts';
import { parseTrustConfig } from '../../../src/trust/trust-config.ts';
import { parseTrustedRoot } from '../../../src/trust/trusted-root.ts';
import { pemOf as pemBlock } from '../../../test/helpers/pki.ts';
import { repeatably } from '../base/chance.ts';
import { Random } from '../base/random.ts';
import { certify } from '../../../test/helpers/sigstore/instance.ts';
import type { Corpus } from '../corpus/corpus.ts';
import { pemOf } from '../corpus/key.ts';
import { editTree } from '../json/edits.ts';
import { nodeOf, textOf } from '../json/tree.ts';
import { editDerBytes } from '../mutators/content.ts';
import { editBytes } from '../mutators/bytes.ts';

/** A file that is read by itself, beside a bundle. */
export interface Document {
  readonly kind: DocumentKind;
  readonly bytes: Buffer;
}

export type DocumentKind = keyof typeof PARSERS;

const TOKEN_OPTIONS = { audience: 'sigstore', now: new Date('2026-01-01T00:00:00Z') } as const;

/** All that reads a document from outside. Each has to throw errors of ours only. */
export const PARSERS = {
  'trusted root': (bytes: Buffer): unknown => parseTrustedRoot(bytes),
  'signing configuration': (bytes: Buffer): unknown => parseSigningConfig(bytes),
  'trust configuration': (bytes: Buffer): unknown => parseTrustConfig(bytes.toString()),
  'public key': (bytes: Buffer): unknown => loadPublicKey(bytes),
  'private key': (bytes: Buffer): unknown => loadPrivateKey(bytes.toString()),
  'encrypted key': (bytes: Buffer): unknown => loadPrivateKey(bytes, PASSWORD),
  certificates: (bytes: Buffer): unknown => loadCertificates(bytes, 'the certificates'),
  'keyless certificate': (bytes: Buffer): unknown =>
    readFulcioIdentity(parseCertificate(bytes, 'it')),
  statement: (bytes: Buffer): unknown => readStatement(bytes),
  bundle: (bytes: Buffer): unknown => parseBundle(bytes.toString()),
  'identity token': (bytes: Buffer): unknown => parseIdentityToken(bytes.toString(), TOKEN_OPTIONS),
} as const;

const KINDS = Object.keys(PARSERS) as DocumentKind[];

const PASSWORD = 'password';

const SIGNING_CONFIG = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [
    {
      url: 'https://fulcio.example.com',
      majorApiVersion: 1,
      validFor: { start: '2024-01-01T00:00:00Z', end: '2030-01-01T00:00:00Z' },
      operator: 'example.com',
    },
  ],
  oidcUrls: [{ url: 'https://login.example.com/auth', majorApiVersion: 1 }],
  rekorTlogUrls: [{ url: 'https://log.example.com', majorApiVersion: 2, operator: 'example.com' }],
  rekorTlogConfig: { selector: 'EXACT', count: 1 },
  tsaUrls: [{ url: 'https://tsa.example.com/api/v1/timestamp', majorApiVersion: 1 }],
  tsaConfig: { selector: 'ANY' },
} as const;

const CLAIMS = {
  iss: 'https://accounts.example.com',
  aud: 'sigstore',
  sub: '1234',
  email: 'ada@example.com',
  email_verified: true,
  iat: 1767225000,
  exp: 1767226000,
} as const;

/** One of the documents, as it should be and as it is after a change. */
export function makeDocument(corpus: Corpus, random: Random): Document {
  const kind = random.pick(KINDS);
  return {
    kind,
    bytes: random.oneIn(20) ? right(kind, corpus, random) : changed(kind, corpus, random),
  };
}

function right(kind: DocumentKind, { instance, parties, seeds }: Corpus, random: Random): Buffer {
  switch (kind) {
    case 'trusted root':
      return json(instance.trustedRoot());
    case 'signing configuration':
      return json(SIGNING_CONFIG);
    case 'trust configuration': {
      const mediaType = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';
      const trustedRoot = instance.trustedRoot();
      return json({ mediaType, trustedRoot, signingConfig: SIGNING_CONFIG });
    }
    case 'public key':
      return Buffer.from(pemOf(parties.keys['P-384']));
    case 'private key':
      return Buffer.from(parties.keys['P-256'].export({ type: 'pkcs8', format: 'pem' }));
    case 'encrypted key':
      return Buffer.from(ENCRYPTED_KEY);
    case 'certificates':
      return Buffer.from(parties.long.map(({ pem }) => pem).join('\n'));
    case 'keyless certificate':
      return repeatably(new Random(kind), () => certify(instance)).der;
    case 'statement':
      return random.pick(seeds).statement;
    case 'bundle': {
      const { seal, statement } = random.pick(seeds);
      return json(seal(statement, { random: random.fork('bundle') }).bundle);
    }
    case 'identity token': {
      const parts = [{ alg: 'RS256', typ: 'JWT' }, CLAIMS].map((part) => json(part));
      return Buffer.from([...parts, Buffer.alloc(64, 7)].map(base64url).join('.'));
    }
  }
}

function changed(kind: DocumentKind, corpus: Corpus, random: Random): Buffer {
  // Sometimes it is something else altogether.
  if (random.oneIn(10)) return right(random.pick(KINDS), corpus, random);
  const bytes = right(kind, corpus, random);
  const edit = random.oneIn(4) ? undefined : EDITS[kind];
  if (edit !== undefined) return edit(bytes, random);
  return editBytes(bytes, random);
}

/** How each is changed inside. Of an encrypted key, the rounds of its hash could become billions. */
const EDITS: Readonly<Partial<Record<DocumentKind, (bytes: Buffer, random: Random) => Buffer>>> = {
  'trusted root': editJson,
  'signing configuration': editJson,
  'trust configuration': editJson,
  statement: editJson,
  bundle: editJson,
  'keyless certificate': editDerBytes,
  'public key': (bytes, random) => editPem(bytes, 'PUBLIC KEY', random),
  certificates: (bytes, random) => editPem(bytes, 'CERTIFICATE', random),
  'private key': (bytes, random) =>
    editPem(bytes, random.pick(['PRIVATE KEY', 'EC PRIVATE KEY']), random),
  'identity token': editToken,
};

function editJson(bytes: Buffer, random: Random): Buffer {
  return Buffer.from(textOf(editTree(nodeOf(JSON.parse(bytes.toString())), random)));
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}

/** What is inside of the first block is changed, and put into a block again. */
function editPem(bytes: Buffer, label: string, random: Random): Buffer {
  const [, body = ''] = /-----BEGIN[^\n]*\n([^-]*)/.exec(bytes.toString()) ?? [];
  const der = editDerBytes(Buffer.from(body, 'base64'), random);
  return Buffer.from(`some text\n${pemBlock(label, der)}`);
}

function editToken(bytes: Buffer, random: Random): Buffer {
  const parts = bytes.toString().split('.');
  const at = random.below(2);
  const value: unknown = JSON.parse(Buffer.from(parts[at] ?? '', 'base64url').toString());
  const text = textOf(editTree(nodeOf(value), random));
  return Buffer.from(parts.with(at, Buffer.from(text).toString('base64url')).join('.'));
}

/** P-256, PBKDF2 with few rounds, so that it is quick to decrypt. Protects nothing. */
const ENCRYPTED_KEY = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHrMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAh4HiSVtIpQPwIBZDAM
BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQrSvmTdyIJep5xol+2yvjCgSBkAqR
Tfi+VbRChQ3zwX2F8yEmJICu0Pm94cdQY6mavOrtxuFvtfjOTnckN/EZV2WaZA+7
KKHwFpuhL4JQZA51Ep86xIqET0W4RzsAEsfQvP09DnlytsHGppCu4pa4KxzNmyAC
SC7vmO7Xv9cq1AQetlXWRCW+o/N2rp99KS983xIN1+jgvbYUxctmVzNcRKcvsw==
-----END ENCRYPTED PRIVATE KEY-----
`;

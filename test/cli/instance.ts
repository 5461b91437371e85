import type { KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '../../src/format/json.ts';
import type { Name } from '../helpers/sigstore/authority.ts';
import { certify, type Instance, makeInstance } from '../helpers/sigstore/instance.ts';
import { logEntry } from '../helpers/sigstore/rekor.ts';

/**
 * A Sigstore instance for the command line: a certificate authority like Fulcio, a log like Rekor
 * v1 and the front door of an OpenID provider, on the loopback interface and in this process, with
 * nothing of what guards them. What they answer is truly signed.
 */
export interface ServedInstance {
  readonly url: string;
  readonly forge: Instance;
  /** Method and path of each request so far. */
  readonly requests: readonly string[];
  /** Resolves once the first request has come. */
  readonly asked: Promise<void>;
  /** Sigstore's `ClientTrustConfig`. */
  trustConfig(): JsonObject;
  close(): void;
}

export type ServiceName = 'fulcio' | 'rekor';

/** How a service answers, if it does: `down` is down for all. */
export type Mood = 'well' | 'down' | 'silent' | 'cut' | 'garbage' | 'empty' | `${number}`;

export type Moods = Readonly<Partial<Record<ServiceName, Mood>>>;

export async function serveInstance(moods: Moods = {}): Promise<ServedInstance> {
  const forge = makeInstance();
  const requests: string[] = [];
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    onAsked();
    const name = /^\/([a-z]+)\//.exec(request.url ?? '')?.[1] ?? '';
    if (name === 'provider') return provide(`${url}/provider`, request, response);
    const mood = name === 'fulcio' || name === 'rekor' ? (moods[name] ?? 'well') : '404';
    void answer(forge, name, mood, request, response);
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  if (Object.values(moods).includes('down')) close();
  return { url, forge, requests, asked, trustConfig: () => trustConfigOf(forge, url), close };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function trustConfigOf(forge: Instance, url: string): JsonObject {
  const service = (path: string): JsonObject => ({
    url: url + path,
    majorApiVersion: 1,
    validFor: { start: '2021-01-01T00:00:00Z' },
    operator: 'example.com',
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: forge.trustedRoot(),
    signingConfig: {
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: [service('/fulcio')],
      oidcUrls: [service('/provider')],
      rekorTlogUrls: [service('/rekor')],
      rekorTlogConfig: { selector: 'ANY' },
    },
  };
}

/** An OpenID provider that shows where to log in, and takes no code. */
function provide(issuer: string, { url }: IncomingMessage, response: ServerResponse): void {
  const isDiscovery = url?.endsWith('/.well-known/openid-configuration') === true;
  response.writeHead(isDiscovery ? 200 : 400, { 'content-type': 'application/json' });
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  };
  const refusal = { error: 'invalid_grant', error_description: 'this code is not known' };
  response.end(JSON.stringify(isDiscovery ? metadata : refusal));
}

async function answer(
  forge: Instance,
  name: string,
  mood: Mood,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request);
  if (mood === 'silent') return;
  if (mood === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.write('{"half":', () => response.socket?.destroy());
  } else if (mood === 'garbage') {
    response.end('<html>Welcome to this network</html>');
  } else if (mood === 'empty') {
    response.end('{}');
  } else if (mood === 'well') {
    const content = name === 'fulcio' ? certificateFor(forge, body) : entryFor(forge, body);
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify(content));
  } else {
    // Some servers tell what they were sent.
    const message = `cannot do this: ${body}`;
    response.writeHead(Number(mood), { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code: 2, message }));
  }
}

interface CertificateRequest {
  readonly credentials: { readonly oidcIdentityToken: string };
  readonly publicKeyRequest: { readonly publicKey: { readonly content: string } };
}

/** What Fulcio's `POST /api/v2/signingCert` answers. It believes every token. */
function certificateFor(forge: Instance, body: string): object {
  const { credentials, publicKeyRequest } = JSON.parse(body) as CertificateRequest;
  const [, payload = ''] = credentials.oidcIdentityToken.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
    readonly iss: string;
    readonly sub: string;
    readonly email?: string;
  };
  const now = new Date();
  const name: Name = claims.email === undefined ? { uri: claims.sub } : { email: claims.email };
  // Of the key only the public part is written into the certificate, which is all that there is.
  const key = Buffer.from(publicKeyRequest.publicKey.content) as unknown as KeyObject;
  const leaf = {
    names: [name],
    oldIssuer: claims.iss,
    newIssuer: claims.iss,
    notBefore: now,
    certificate: { key },
  };
  const { pem } = certify(forge, leaf, [{ time: now }]);
  const certificates = [pem, forge.authority.intermediate.pem, forge.authority.root.pem];
  return { signedCertificateEmbeddedSct: { chain: { certificates } } };
}

interface EntryRequest {
  readonly spec: {
    readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] };
  };
}

interface BundleEntry {
  readonly logIndex: string;
  readonly logId: { readonly keyId: string };
  readonly integratedTime: string;
  readonly inclusionPromise: { readonly signedEntryTimestamp: string };
  readonly inclusionProof: {
    readonly logIndex: string;
    readonly rootHash: string;
    readonly treeSize: string;
    readonly hashes: readonly string[];
    readonly checkpoint: { readonly envelope: string };
  };
  readonly canonicalizedBody: string;
}

/** What Rekor's `POST /api/v1/log/entries` answers: what a bundle holds, in another form. */
function entryFor({ rekor1 }: Instance, body: string): object {
  const { envelope, verifiers } = (JSON.parse(body) as EntryRequest).spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope) as {
    readonly payload: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
  const pem = Buffer.from(verifiers[0] ?? '', 'base64').toString();
  const signed = {
    payload: Buffer.from(payload, 'base64'),
    signature: Buffer.from(signatures[0]?.sig ?? '', 'base64'),
    certificate: Buffer.from(pem.replace(/-----.*?-----|\n/g, ''), 'base64'),
  };
  const entry = logEntry(rekor1, signed, { time: new Date() }) as unknown as BundleEntry;
  const { inclusionProof: proof } = entry;
  return {
    ['0'.repeat(64)]: {
      body: entry.canonicalizedBody,
      integratedTime: Number(entry.integratedTime),
      logID: hex(entry.logId.keyId),
      logIndex: Number(entry.logIndex),
      verification: {
        inclusionProof: {
          checkpoint: proof.checkpoint.envelope,
          hashes: proof.hashes.map(hex),
          logIndex: Number(proof.logIndex),
          rootHash: hex(proof.rootHash),
          treeSize: Number(proof.treeSize),
        },
        signedEntryTimestamp: entry.inclusionPromise.signedEntryTimestamp,
      },
    },
  };
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

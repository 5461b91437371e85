import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { contentOf } from './sigstore/der.ts';
import { type TimestampOptions, timestamp, type Tsa } from './sigstore/tsa.ts';
import { der, oid, sequence } from './pki.ts';

/** What a timestamp authority was asked (RFC 3161 §2.4.1), and how. */
export interface StampQuery {
  readonly digest: Buffer;
  /** The content of its INTEGER. */
  readonly nonce: Buffer | undefined;
  /** The content of its OBJECT IDENTIFIER. */
  readonly policy: Buffer | undefined;
  readonly wantsCertificate: boolean;
  readonly der: Buffer;
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly accept: string;
}

/** A timestamp authority on the loopback interface (RFC 3161 §3.4). */
export interface StampServer {
  readonly url: string;
  readonly queries: readonly StampQuery[];
  /** Resolves once the first query has come. */
  readonly asked: Promise<void>;
  readonly close: () => void;
}

/** How it answers: with a timestamp that differs from the right one, or in a way of its own. */
export type Answering =
  | ((query: StampQuery) => TimestampOptions)
  | { readonly with: (response: ServerResponse, query: StampQuery, right: Buffer) => void };

/** `MessageImprint` with the SHA-256 that was asked for, whatever it is of. */
export function imprintOf(digest: Uint8Array, hash = '2.16.840.1.101.3.4.2.1'): Buffer {
  return sequence(sequence(oid(hash), der(0x05)), der(0x04, digest));
}

/** The response to a query, now. */
export function answerTo(tsa: Tsa, query: StampQuery, options: TimestampOptions = {}): Buffer {
  const { nonce, policy } = query;
  return timestamp(tsa, Buffer.alloc(0), {
    imprint: imprintOf(query.digest),
    time: new Date(),
    optional: nonce === undefined ? [] : [der(0x02, nonce)],
    certificates: query.wantsCertificate,
    ...(policy === undefined ? {} : { policy: dotted(policy) }),
    ...options,
  });
}

export async function serveStamps(
  tsa: Tsa,
  answering: Answering = () => ({}),
): Promise<StampServer> {
  const queries: StampQuery[] = [];
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const { method = '', url: path = '', headers } = request;
    const { accept = '', 'content-type': contentType = '' } = headers;
    const query = { ...readQuery(body), method, path, accept, contentType };
    queries.push(query);
    onAsked();
    if ('with' in answering) return answering.with(response, query, answerTo(tsa, query));
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
    response.end(answerTo(tsa, query, answering(query)));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsr`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url, queries, asked, close };
}

/** Throws for what is no query in DER, or has another hash than SHA-256. */
export function readQuery(
  query: Buffer,
): Omit<StampQuery, 'method' | 'path' | 'accept' | 'contentType'> {
  const [start, end] = contentOf(query, []);
  if (!sequence(query.subarray(start, end)).equals(query)) throw new Error('this is no DER');
  const at = (...path: number[]): Buffer => query.subarray(...contentOf(query, path));
  const optional = new Map<number, Buffer>();
  for (let member = 2, next = contentOf(query, [1])[1]; next < end; member++) {
    optional.set(query.readUInt8(next), at(member));
    next = contentOf(query, [member])[1];
  }
  if (!at(0).equals(Buffer.of(1))) throw new Error('it is of another version');
  if (
    !oid('2.16.840.1.101.3.4.2.1')
      .subarray(2)
      .equals(at(1, 0, 0))
  )
    throw new Error('no SHA-256');
  return {
    digest: at(1, 1),
    policy: optional.get(0x06),
    nonce: optional.get(0x02),
    wantsCertificate: optional.get(0x01)?.equals(Buffer.of(0xff)) === true,
    der: query,
  };
}

/** X.690 §8.19 */
export function dotted(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte > 0x7f) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [joint = 0, ...rest] = arcs;
  const first = Math.min(2, Math.floor(joint / 40));
  return [first, joint - first * 40, ...rest].join('.');
}

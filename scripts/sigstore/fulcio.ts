import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from './authority.ts';
import { type Service, startProgram } from './server.ts';

/** An issuer of identity tokens that Fulcio accepts. */
export interface AcceptedIssuer {
  readonly url: string;
  /** The audience that its tokens must have. */
  readonly clientId: string;
  /** Fulcio's name for the kind of identity. */
  readonly type: 'email' | 'github-workflow';
}

export interface FulcioOptions {
  readonly program: string;
  readonly directory: string;
  readonly authority: Authority;
  readonly ctLog: Service;
  readonly issuers: readonly AcceptedIssuer[];
  /** For HTTP, gRPC and metrics. The metrics can only be served on all interfaces. */
  readonly ports: readonly [number, number, number];
}

export function startFulcio(options: FulcioOptions): Promise<Service> {
  const { program, directory, authority, ctLog, issuers } = options;
  const [http, grpc, metrics] = options.ports;
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'config.json');
  writeFileSync(config, JSON.stringify({ OIDCIssuers: issuerTable(issuers) }));
  return startProgram({
    name: 'Fulcio',
    program,
    words: [
      'serve',
      '--ca=fileca',
      `--fileca-cert=${authority.chainFile}`,
      `--fileca-key=${authority.keyFile}`,
      '--fileca-key-passwd=none',
      '--fileca-watch=false',
      `--ct-log-url=${ctLog.url}`,
      `--config-path=${config}`,
      '--host=127.0.0.1',
      `--port=${http}`,
      '--grpc-host=127.0.0.1',
      `--grpc-port=${grpc}`,
      `--metrics-port=${metrics}`,
      `--legacy-unix-domain-socket=${join(directory, 'grpc')}`,
    ],
    url: `http://127.0.0.1:${http}/`,
    ready: '/api/v2/trustBundle',
  });
}

function issuerTable(issuers: readonly AcceptedIssuer[]): Record<string, unknown> {
  return Object.fromEntries(
    issuers.map(({ url, clientId, type }) => [
      url,
      { IssuerURL: url, ClientID: clientId, Type: type },
    ]),
  );
}

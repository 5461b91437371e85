import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from './authority.ts';
import type { Binaries } from './binaries.ts';
import { startCtLog } from './ct-log.ts';
import { startFulcio } from './fulcio.ts';
import { freePorts } from './ports.ts';
import { startProvider } from './provider.ts';
import { startRekor } from './rekor.ts';
import type { Service } from './server.ts';
import { startTimestampAuthority } from './timestamp-authority.ts';
import type { Issuer } from './token.ts';
import { type Json, signingConfig, trustConfig, trustedRoot } from './trust.ts';

/** What a client needs to know of a Sigstore instance. Plain data, to be handed to tests. */
export interface Instance {
  /** Holds the files below; removed when the instance ends. */
  readonly directory: string;
  readonly fulcioUrl: string;
  readonly rekorUrl: string;
  /** With the path that takes requests. */
  readonly timestampUrl: string;
  /** Issues tokens that Fulcio accepts, to a client without a secret. */
  readonly issuer: Issuer;
  /** The same at another URL, for a client with {@link CLIENT_SECRET}. */
  readonly otherIssuer: Issuer;
  /** Issues tokens as GitHub Actions does. */
  readonly workflowIssuer: Issuer;
  /** Has everything but Fulcio's trust. */
  readonly strangeIssuer: Issuer;
  readonly trustedRoot: Json;
  readonly signingConfig: Json;
  readonly trustedRootFile: string;
  readonly signingConfigFile: string;
  readonly trustConfigFile: string;
}

/** A running instance. */
export interface Stack {
  readonly instance: Instance;
  /** What all servers have written so far, or the last lines of each. */
  log(lines?: number): string;
  close(): Promise<void>;
}

export const CLIENT_ID = 'sigstore';
export const CLIENT_SECRET = 'correct horse battery staple';

/** Starts a whole Sigstore instance on loopback. Ends what it started if a part does not start. */
export async function startStack(binaries: Binaries): Promise<Stack> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'sigstore-')));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  // For an end without close(). The servers end by themselves.
  process.once('exit', remove);
  const started: [name: string, service: Service][] = [];
  const add = async <S extends Service>(name: string, starting: Promise<S>): Promise<S> => {
    const service = await starting;
    started.push([name, service]);
    return service;
  };
  const stack = {
    log: (lines = Number.POSITIVE_INFINITY) =>
      started
        .map(([name, service]) => {
          const written = service.log().trimEnd().split('\n');
          return [`== ${name}`, ...written.slice(-Math.min(lines, written.length))].join('\n');
        })
        .join('\n'),
    close: async () => {
      await Promise.all(started.map(([, service]) => service.close()));
      process.off('exit', remove);
      remove();
    },
  };
  try {
    return { instance: await startAll(binaries, directory, add), ...stack };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

type Add = <S extends Service>(name: string, starting: Promise<S>) => Promise<S>;

async function startAll(binaries: Binaries, directory: string, add: Add): Promise<Instance> {
  const [p0 = 0, p1 = 0, p2 = 0, p3 = 0, p4 = 0, p5 = 0, p6 = 0, p7 = 0] = await freePorts(8);
  const folder = (name: string): string => {
    const path = join(directory, name);
    mkdirSync(path);
    return path;
  };
  const authority = makeAuthority(folder('ca'));
  // All are waited for, so that none is left behind when another fails.
  const [provider, other, workflow, strange, ctLog, rekor, timestamp] = await allOf([
    add('OpenID provider', startProvider({ clientId: CLIENT_ID })),
    add('other provider', startProvider({ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET })),
    add('workflow provider', startProvider({ clientId: CLIENT_ID })),
    add('strange provider', startProvider({ clientId: CLIENT_ID })),
    add('CT log', startCtLog(binaries.ctLog, folder('ctlog'), authority.rootFile, p0)),
    add('Rekor', startRekor(binaries.rekor, folder('rekor'), [p1, p2, p3])),
    add('timestamp authority', startTimestampAuthority(binaries.timestamp, p4)),
  ] as const);
  const fulcio = await add(
    'Fulcio',
    startFulcio({
      program: binaries.fulcio,
      directory: folder('fulcio'),
      authority,
      ctLog,
      // It asks the issuers for their keys when it starts.
      issuers: [
        { ...provider.issuer, type: 'email' },
        { ...other.issuer, type: 'email' },
        { ...workflow.issuer, type: 'github-workflow' },
      ],
      ports: [p5, p6, p7],
    }),
  );
  const services = { authority, fulcio, ctLog, rekor, timestamp, issuer: provider.url };
  const root = trustedRoot(services);
  const config = signingConfig(services);
  return {
    directory,
    fulcioUrl: fulcio.url,
    rekorUrl: rekor.url,
    timestampUrl: new URL('/api/v1/timestamp', timestamp.url).href,
    issuer: provider.issuer,
    otherIssuer: other.issuer,
    workflowIssuer: workflow.issuer,
    strangeIssuer: strange.issuer,
    trustedRoot: root,
    signingConfig: config,
    trustedRootFile: writeJson(join(directory, 'trusted_root.json'), root),
    signingConfigFile: writeJson(join(directory, 'signing_config.json'), config),
    trustConfigFile: writeJson(join(directory, 'trust_config.json'), trustConfig(root, config)),
  };
}

/** As `Promise.all`, but fails only when nothing is under way any more. */
async function allOf<T extends readonly Promise<unknown>[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

export function writeJson(path: string, value: unknown): string {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
  return path;
}

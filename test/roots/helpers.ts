import { dirname, join } from 'node:path';
import type { Patience } from '../../src/roots/download.ts';
import { type LoadOptions, loadTrust, updateTrust } from '../../src/roots/tuf.ts';
import { temporaryDirectory } from '../helpers/model.ts';
import { NOW, TestRepository, targetsNamed } from './repository.ts';
import { type Served, serve } from './server.ts';

/** So little that a test need not wait, and more than a loopback answer takes. */
export const IMPATIENT: Patience = { answer: 400, total: 3_000, pauses: [1, 1] };

type Options = Partial<LoadOptions>;

/** A repository on the loopback interface, and a client with a cache of its own. */
export interface Bench {
  readonly repository: TestRepository;
  readonly server: Served;
  readonly options: LoadOptions;
  readonly cachePath: string;
  readonly load: (options?: Options) => ReturnType<typeof loadTrust>;
  readonly update: (options?: Options) => ReturnType<typeof updateTrust>;
}

export async function openBench(repository = new TestRepository()): Promise<Bench> {
  const server = await serve(repository);
  const cacheDirectory = join(temporaryDirectory(), 'oms-signing', 'sigstore');
  const options: LoadOptions = {
    instance: 'production',
    cacheDirectory,
    mirrorUrl: server.url,
    root: repository.root,
    patience: IMPATIENT,
    now: NOW,
  };
  return {
    repository,
    server,
    options,
    cachePath: join(cacheDirectory, 'production.json'),
    load: (more = {}) => loadTrust({ ...options, ...more }),
    update: (more = {}) => updateTrust({ ...options, ...more }),
  };
}

/** A bench whose cache holds something older than its repository. */
export async function openFilledBench(): Promise<Bench & { readonly directory: string }> {
  const bench = await openBench();
  await bench.load();
  bench.repository.publish({ targets: targetsNamed('second') });
  bench.server.asked.length = 0;
  return { ...bench, directory: dirname(bench.cachePath) };
}

export function later(hours: number, from = NOW): Date {
  return new Date(from.getTime() + hours * 3_600_000);
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

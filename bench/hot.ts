/**
 * Measures in one process how fast hashing is without start-up, and prints JSON: for each lane its
 * name and the milliseconds of each round. Run by inside.ts, with the library that was built.
 *
 * hot.ts pure MODEL ROUNDS: SHA-256 of one buffer that stays in the cache, against reading as well.
 * hot.ts threads MODEL ROUNDS: one thread against two, the calling one among them, as in the command.
 * hot.ts workers MODEL ROUNDS: one worker against two, while the calling thread waits.
 *
 * The times are for hashing the model once.
 */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type * as Plans from '../src/hashing/plan.ts';
import type * as Pools from '../src/hashing/pool.ts';
import { built } from './built.ts';
import { KIB } from './units.ts';

const { planFiles } = (await built('hashing/plan.js')) as typeof Plans;
const { hashAll } = (await built('hashing/pool.js')) as typeof Pools;

const [contest, model = '', rounds] = process.argv.slice(2);
const names = readdirSync(model, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => relative(model, join(parentPath, name)));
const bytes = names.reduce((sum, name) => sum + statSync(join(model, name)).size, 0);

/** Threads hash each file several times, so that the start of one is a small part. */
const passes = contest === 'pure' ? 1 : 4;

const useCallingThread = contest !== 'workers';
const noun = useCallingThread ? 'thread' : 'worker';
const one = { name: `one ${noun}`, work: () => hashFiles(1) };
const lanes =
  contest === 'pure'
    ? [{ name: 'SHA-256 of one hot buffer', work: async () => hashBuffer() }, one]
    : [one, { name: `two ${noun}s`, work: () => hashFiles(2) }];

const results = lanes.map(({ name }) => ({ name, ms: new Array<number>() }));
for (let round = 0; round <= Number(rounds); round++) {
  for (const [index, { work }] of lanes.entries()) {
    const start = performance.now();
    await work();
    // The round before the first warms up.
    if (round > 0) results[index]?.ms.push((performance.now() - start) / passes);
  }
}
console.log(JSON.stringify(results));

async function hashFiles(jobs: number): Promise<void> {
  const files = Array.from({ length: passes }, () => names)
    .flat()
    .map((name) => ({ name, target: undefined }));
  await hashAll(planFiles(model, files), 'sha256', { jobs, useCallingThread });
}

/** As many bytes as the model has. */
function hashBuffer(): void {
  const buffer = Buffer.alloc(256 * KIB, 1);
  const hash = createHash('sha256');
  for (let left = bytes; left > 0; left -= buffer.length) hash.update(buffer);
  hash.digest();
}

import { describe, expect, it } from 'vitest';
import {
  createTally,
  currentJob,
  largestJob,
  Tally,
  type TallyMemory,
  totalsOf,
} from '../../src/hashing/tally.ts';

/** The figures of three threads, as another thread sees them. */
function threeThreads(): { memory: TallyMemory; tallies: readonly [Tally, Tally, Tally] } {
  const memory = createTally(3);
  const sent = structuredClone(memory);
  return { memory, tallies: [new Tally(sent, 0), new Tally(sent, 1), new Tally(sent, 2)] };
}

describe('the tally', () => {
  it('begins at nothing', () => {
    const memory = createTally(3);
    expect(totalsOf(memory)).toEqual({ hashed: 0, found: 0, done: 0 });
    expect(largestJob(memory)).toBeUndefined();
    expect([0, 1, 2].map((slot) => currentJob(memory, slot))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('sums what all threads have done', () => {
    const { memory, tallies } = threeThreads();
    for (const [slot, tally] of tallies.entries()) {
      tally.start(slot);
      tally.found(2 ** 40 + slot);
      tally.hashed(1_000);
      tally.hashed(slot);
      tally.finish();
    }
    tallies[0].finish();
    expect(totalsOf(memory)).toEqual({ hashed: 3_003, found: 3 * 2 ** 40 + 3, done: 4 });
  });

  it('knows at which job each thread is', () => {
    const { memory, tallies } = threeThreads();
    const current = (): unknown => [0, 1, 2].map((slot) => currentJob(memory, slot));
    tallies[0].start(0);
    tallies[2].start(77);
    expect(current()).toEqual([0, undefined, 77]);
    tallies[0].finish();
    tallies[2].leave();
    expect(current()).toEqual([undefined, undefined, undefined]);
    expect(totalsOf(memory).done).toBe(1);
    expect(currentJob(memory, 99)).toBeUndefined();
  });

  it('knows the largest job that is under way', () => {
    const { memory, tallies } = threeThreads();
    tallies[0].start(5);
    expect(largestJob(memory)).toEqual({ job: 5, bytes: 0 });
    tallies[0].size(100);
    tallies[1].start(6);
    tallies[1].size(300);
    tallies[2].start(7);
    tallies[2].size(200);
    expect(largestJob(memory)).toEqual({ job: 6, bytes: 300 });
    tallies[1].finish();
    expect(largestJob(memory)).toEqual({ job: 7, bytes: 200 });
    tallies[2].start(8);
    expect(largestJob(memory)).toEqual({ job: 5, bytes: 100 });
  });
});

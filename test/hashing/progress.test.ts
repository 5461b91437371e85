import { describe, expect, it } from 'vitest';
import { planFiles } from '../../src/hashing/plan.ts';
import { type Progress, ProgressMeter } from '../../src/hashing/progress.ts';
import { Queue } from '../../src/hashing/queue.ts';
import { Tally } from '../../src/hashing/tally.ts';
import { MIB, shared } from '../helpers/hashing.ts';

/** A run of so many files whose threads do what a test says. It begins at 5 seconds. */
function runOf(count: number) {
  const files = Array.from({ length: count }, (_, index) => {
    return { name: `f${index}`, target: undefined };
  });
  const memory = shared(planFiles('/m', files));
  const queue = new Queue(memory.queue, count, 1);
  const tally = new Tally(memory.tally, 1);
  const meter = new ProgressMeter(memory, 5_000);
  return {
    memory,
    tally,
    /** All files are looked at, and have so many bytes together. */
    survey(bytes: number): void {
      tally.found(bytes);
      while (queue.takeUnseen() !== undefined);
    },
    hash(bytes: number, done = 0): void {
      tally.hashed(bytes);
      for (let job = 0; job < done; job++) tally.finish();
    },
    read: (seconds: number): Progress => meter.read(5_000 + seconds * 1_000),
  };
}

describe('progress', () => {
  it('says nothing yet when there is nothing yet', () => {
    const run = runOf(3);
    const nothing = {
      bytes: 0,
      totalBytes: undefined,
      done: 0,
      total: 3,
      bytesPerSecond: 0,
      secondsLeft: undefined,
      current: undefined,
    };
    expect(run.read(0)).toEqual(nothing);
    expect(run.read(1)).toEqual(nothing);
  });

  it('is complete for a model without files', () => {
    expect(runOf(0).read(0)).toMatchObject({ total: 0, done: 0, totalBytes: 0, secondsLeft: 0 });
  });

  it('knows the total when all files were looked at', () => {
    const run = runOf(3);
    run.tally.found(700);
    expect(run.read(1).totalBytes).toBeUndefined();
    run.survey(300);
    expect(run.read(2).totalBytes).toBe(1_000);
  });

  it('estimates by bytes when the total is known', () => {
    const run = runOf(3);
    run.survey(1_000);
    run.hash(200, 1);
    expect(run.read(2)).toMatchObject({ bytes: 200, bytesPerSecond: 100, secondsLeft: 8 });
  });

  it('estimates by files when it is not', () => {
    const run = runOf(10);
    run.hash(5_000, 4);
    expect(run.read(2)).toMatchObject({ done: 4, bytesPerSecond: 2_500, secondsLeft: 3 });
  });

  it('estimates by the files of the last seconds', () => {
    const run = runOf(1_000);
    for (let second = 1; second <= 10; second++) {
      run.hash(0, 10);
      expect(run.read(second).secondsLeft).toBe((1_000 - 10 * second) / 10);
    }
    for (const second of [11, 12, 13]) {
      run.hash(0, 50);
      run.read(second);
    }
    expect(run.read(13).secondsLeft).toBe((1_000 - 250) / 50);
  });

  it('has no estimate while nothing moves', () => {
    const run = runOf(10);
    run.survey(1_000);
    expect(run.read(1).secondsLeft).toBeUndefined();
    run.hash(0, 5);
    expect(run.read(2)).toMatchObject({ secondsLeft: undefined, bytesPerSecond: 0 });
  });

  it('takes its rate over the last seconds', () => {
    const run = runOf(1);
    run.survey(100_000);
    for (let second = 1; second <= 10; second++) {
      run.hash(1_000);
      expect(run.read(second).bytesPerSecond).toBe(1_000);
    }
    // Three seconds at twice the speed, and the slower time is forgotten.
    const rates = [11, 12, 13, 14].map((second) => {
      run.hash(2_000);
      return run.read(second).bytesPerSecond;
    });
    expect(rates.slice(2)).toEqual([2_000, 2_000]);
    expect(rates[0]).toBeGreaterThan(1_000);
    expect(rates[0]).toBeLessThan(rates[1] ?? 0);
    expect(rates[1]).toBeLessThan(2_000);
  });

  it('takes it since the last report when that is long ago', () => {
    const run = runOf(1);
    run.survey(100_000);
    run.hash(1_000);
    run.read(1);
    run.hash(5_000);
    expect(run.read(11)).toMatchObject({ bytesPerSecond: 500, secondsLeft: 188 });
  });

  it('falls to nothing when nothing moves for some seconds', () => {
    const run = runOf(1);
    run.survey(1_000);
    run.hash(500);
    expect(run.read(1)).toMatchObject({ bytesPerSecond: 500, secondsLeft: 1 });
    for (const second of [2, 3, 4]) run.read(second);
    expect(run.read(5)).toMatchObject({ bytesPerSecond: 0, secondsLeft: undefined });
  });

  it('is complete at the end, whatever the rate', () => {
    const run = runOf(2);
    run.survey(100);
    run.hash(100, 2);
    const complete = { bytes: 100, totalBytes: 100, done: 2, total: 2, secondsLeft: 0 };
    expect(run.read(0)).toMatchObject(complete);
    expect(run.read(100)).toMatchObject(complete);
    expect(run.read(200)).toMatchObject({ ...complete, bytesPerSecond: 0 });
  });

  it('names the largest of the files that take more than a moment', () => {
    const run = runOf(4);
    const current = (job: number, bytes: number, tally = run.tally): string | undefined => {
      tally.start(job);
      tally.size(bytes);
      return run.read(1).current;
    };
    expect(current(3, 64 * MIB - 1)).toBeUndefined();
    expect(current(0, 64 * MIB)).toBe('f0');
    const other = new Tally(run.memory.tally, 0);
    expect(current(1, 65 * MIB, other)).toBe('f1');
    expect(current(2, 70 * MIB)).toBe('f2');
    run.tally.finish();
    expect(run.read(1).current).toBe('f1');
    other.leave();
    expect(run.read(1).current).toBeUndefined();
  });

  it('has a clock of its own, of milliseconds', async () => {
    const { memory, tally } = runOf(1);
    const start = performance.now();
    const meter = new ProgressMeter(memory);
    await new Promise((resolve) => setTimeout(resolve, 50));
    tally.hashed(1e9);
    const { bytesPerSecond } = meter.read();
    const elapsed = (performance.now() - start) / 1_000;
    expect(bytesPerSecond).toBeLessThan(1e9 / 0.04);
    expect(bytesPerSecond).toBeGreaterThan(1e9 / elapsed / 1.01);
  });
});

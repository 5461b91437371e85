import { describe, expect, it } from 'vitest';
import { generate } from '../../scripts/fuzz/base/generate.ts';
import { makeCorpus } from '../../scripts/fuzz/corpus/corpus.ts';
import { Campaign } from '../../scripts/fuzz/run/campaign.ts';
import { STAGES } from '../../scripts/fuzz/run/statistics.ts';
import { MUTATORS } from '../../scripts/fuzz/mutators/all.ts';

const SEED = 'npm test';
const INPUTS = 2_000;

describe('a short run of the fuzzer', () => {
  it('finds nothing, gets far, and uses all that it has', { timeout: 600_000 }, async () => {
    const campaign = new Campaign({ seed: SEED, inputs: INPUTS, processes: 2, limit: 20_000 });
    const { statistics, findings } = await campaign.run();
    expect(findings).toEqual([]);
    expect(statistics.inputs).toBe(INPUTS);

    const reached = (stage: string): number =>
      Object.entries(statistics.byMethod)
        .filter(([name]) => name.endsWith(`|${stage}`))
        .reduce((sum, [, count]) => sum + count, 0);
    const stages = STAGES.filter((stage) => stage !== 'else');
    expect(stages.filter((stage) => reached(stage) === 0)).toEqual([]);
    // Far more than half of what is tried is read as JSON, and a third is signed by whom it should.
    expect(reached('json')).toBeLessThan(INPUTS * 0.25);
    expect(reached('statement') + reached('model') + reached('verified')).toBeGreaterThan(
      INPUTS * 0.3,
    );
    const used = new Set(Object.keys(statistics.byMutator).map((name) => name.split('|')[0]));
    const unused = MUTATORS.filter(({ name }) => !used.has(name)).map(({ name }) => name);
    expect(unused.filter((name) => name !== 'text.large')).toEqual([]);
  });
});

describe('an input', () => {
  it('is the same each time, from the seed and its number alone', () => {
    const [one, other] = [makeCorpus(), makeCorpus()];
    // In another order, so that nothing is left over from the one before.
    const indexes = Array.from({ length: 40 }, (_, at) => at);
    const made = indexes.map((index) => generate(one, SEED, index));
    const again = indexes
      .toReversed()
      .map((index) => generate(other, SEED, index))
      .toReversed();
    for (const [at, input] of made.entries()) {
      expect(again[at]?.steps).toEqual(input.steps);
      expect(again[at]?.bundle.equals(input.bundle)).toBe(true);
      expect(again[at]?.model).toEqual(input.model);
      expect(again[at]?.options).toEqual(input.options);
    }
  });

  it('is another one with another seed', () => {
    const corpus = makeCorpus();
    const texts = ['a', 'b', 'c'].map((seed) => generate(corpus, seed, 1).bundle.toString('hex'));
    expect(new Set(texts).size).toBe(3);
  });
});

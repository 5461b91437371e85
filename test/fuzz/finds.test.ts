import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { generate } from '../../scripts/fuzz/base/generate.ts';
import { makeCorpus } from '../../scripts/fuzz/corpus/corpus.ts';
import type { Finding, FindingKind } from '../../scripts/fuzz/oracle/finding.ts';
import { Campaign } from '../../scripts/fuzz/run/campaign.ts';
import { makeDirectory } from '../../scripts/fuzz/run/directory.ts';
import { Sandbox } from '../../scripts/fuzz/run/sandbox.ts';
import { OMS, type Subject } from '../../scripts/fuzz/run/subject.ts';
import { tryInput } from '../../scripts/fuzz/run/trial.ts';
import { FAULTY_COMMAND, FAULTY_PROCESSES, FAULTY_VERIFIERS } from './faults.ts';

const SEED = 'faults';
const INPUTS = 1_000;

const corpus = makeCorpus();
const directory = makeDirectory();
const sandbox = new Sandbox(directory);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The first findings, where only one kind of input is made to be quick. */
async function hunt(subject: Subject, only: string): Promise<readonly Finding[]> {
  for (let index = 0; index < INPUTS; index++) {
    const input = generate(corpus, SEED, index, only);
    const { findings } = await tryInput(input, subject, sandbox);
    if (findings.length > 0) return findings;
  }
  return [];
}

/** Faults that show in one kind of input only, and as something else than a wrong yes. */
const HUNTS: Readonly<Record<string, { readonly only?: string; readonly kind?: FindingKind }>> = {
  'takes the last of two members with one name': { only: 'bundle.tree' },
  'takes every spelling of base64': { only: 'bundle.base64' },
  'does not see files that were added': { only: 'model.changed' },
  'does not miss files': { only: 'model.changed' },
  'judges a certificate at its own start': { only: 'certificate.issued' },
  'takes any identity': { only: 'policy.others' },
  'does not ask for a timestamp': { only: 'key: stamped' },
  'follows links that nobody allowed': { only: 'key: links' },
  'throws what is not its own': { only: 'bundle.tree', kind: 'foreign error' },
  'says what moves the cursor': { kind: 'unsafe message' },
  'says too much': { kind: 'unsafe message' },
  'cannot answer for a bundle of another': { kind: 'wrong outcome' },
  'refuses white space': { only: 'text.space', kind: 'wrongly refused' },
};

describe('the fuzzer finds a verifier that', () => {
  it.each(Object.entries(FAULTY_VERIFIERS))('%s', { timeout: 120_000 }, async (fault, verify) => {
    const { only = '', kind = 'wrongly verified' } = HUNTS[fault] ?? {};
    const findings = await hunt({ ...OMS, verify }, only);
    expect(findings.map((finding) => finding.kind)).toContain(kind);
  });

  it('says something else on the command line', { timeout: 120_000 }, async () => {
    const findings = await hunt(FAULTY_COMMAND, '');
    expect(findings.map(({ kind }) => kind)).toContain('contradiction');
  });
});

describe('the fuzzer finds, and survives, a verifier that', () => {
  const kinds: Readonly<Record<string, FindingKind>> = {
    hangs: 'too slow',
    'takes all memory': 'too much memory',
  };

  it.each(Object.keys(FAULTY_PROCESSES))('%s', { timeout: 120_000 }, async (fault) => {
    const subject = new URL(`faults.ts?${encodeURIComponent(fault)}`, import.meta.url).href;
    // Only what hangs shall come upon the limit, and on a busy machine the first input is slow.
    const limit = fault === 'hangs' ? 1_500 : 30_000;
    const options = { seed: SEED, inputs: 200, limit, heap: 128, subject };
    const { findings } = await new Campaign({ ...options, untilFound: true }).run();
    const [finding] = findings;
    expect(finding?.kind).toBe(kinds[fault] ?? 'foreign error');
    // The input is known, so that it can be tried again.
    expect(finding?.index).toBeGreaterThanOrEqual(0);
  });
});

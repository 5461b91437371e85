import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Case, generate } from './generate.ts';
import { askOpenssl, findOpenssl, type Openssl, writeFiles } from './openssl.ts';
import { ours } from './ours.ts';
import { askPkijs } from './pkijs.ts';
import { countsOf, isAbout, numberIn, type Oracle, ROWS, type Row, VERSIONS } from './table.ts';

/** Another seed makes other lengths and kinds of keys; the table is for this one. */
const SEED = 'a second opinion';
/** Far above what it takes, also on a machine with much else to do. */
const PATIENCE = 900_000;

const cases = generate(SEED);
const groups = [...new Set(cases.map(({ name }) => name.split(':')[0] ?? ''))];

describe('the generated chains', () => {
  it('are as many as the page says, and more than 400', () => {
    expect(cases.length).toBeGreaterThan(400);
    expect(cases).toHaveLength(numberIn(/^([\d,]+) chains/m));
    const good = cases.filter(({ refusal }) => refusal === undefined);
    expect(good).toHaveLength(numberIn(/([\d,]+) are good/));
  });

  it.each(groups)('of the group "%s" are accepted, or refused for what is wrong', (group) => {
    const wrong = cases
      .filter(({ name }) => name.startsWith(`${group}:`))
      .map(({ name, chain, purpose, refusal }) => {
        const reason = ours(chain, purpose);
        const isRight = refusal === undefined ? reason === undefined : refusal.test(reason ?? '');
        return isRight ? undefined : { name, reason, refusal };
      });
    expect(wrong.filter((one) => one !== undefined)).toEqual([]);
  });
});

/** Chains that an oracle judges otherwise than we, one a line, as the table has them. */
function disagreements(refused: ReadonlySet<Case>): string[] {
  return cases.filter((one) => refused.has(one) === (one.refusal === undefined)).map(line);
}

function line({ name, refusal }: Case): string {
  return `${refusal === undefined ? 'we accept' : 'we refuse'} ${name}`;
}

function rowsOf(oracle: Oracle, version?: string): readonly Row[] {
  return ROWS.filter(
    (row) => row.oracle === oracle && (version === undefined || row.versions.includes(version)),
  );
}

function explained(rows: readonly Row[], judged: readonly Case[]): string[] {
  return judged.filter((one) => rows.some((row) => isAbout(row, one))).map(line);
}

describe('the table of disagreements', () => {
  it('has a reason in each row, and patterns that are about something', () => {
    expect(ROWS.length).toBeGreaterThan(10);
    for (const row of ROWS) {
      expect(row.reason).toMatch(/\w{3,}.*\.$/);
      for (const pattern of row.patterns) {
        const about = cases.filter((one) => isAbout({ ...row, patterns: [pattern] }, one));
        expect(about, pattern.source).not.toEqual([]);
      }
    }
  });

  it.each(['pkijs', ...VERSIONS])('adds up to what the page says of %s', (who) => {
    const rows = who === 'pkijs' ? rowsOf(who) : rowsOf('OpenSSL', who);
    const [accepted, refused] = [true, false].map(
      (weAccept) =>
        explained(
          rows.filter((row) => row.weAccept === weAccept),
          cases,
        ).length,
    ) as [number, number];
    expect(countsOf(who)).toEqual([cases.length - accepted - refused, accepted, refused]);
  });

  it('explains each disagreement once', () => {
    for (const oracle of ['pkijs', ...VERSIONS] as const) {
      const rows =
        oracle === 'pkijs'
          ? rowsOf(oracle)
          : [...rowsOf('OpenSSL', oracle), ...rowsOf('strict', oracle)];
      const twice = cases.filter((one) => rows.filter((row) => isAbout(row, one)).length > 1);
      expect(twice.map(({ name }) => `${oracle}: ${name}`)).toEqual([]);
    }
  });
});

/** What `-x509_strict` adds has nothing to do with purposes, and nothing is lost that it refuses. */
function isAskedStrictly({ purpose, refusal }: Case): boolean {
  return purpose === 'codeSigning' && refusal === undefined;
}

const openssl = findOpenssl();
const isKnown = VERSIONS.includes(openssl?.version ?? '');
const directory = mkdtempSync(join(tmpdir(), 'oms-chains-'));
/** Whom pkijs refuses, OpenSSL, and OpenSSL when it is strict only. */
const [byPkijs, byOpenssl, byStrict] = [new Set<Case>(), new Set<Case>(), new Set<Case>()];

async function askAllOfPkijs(): Promise<void> {
  for (const one of cases) {
    if ((await askPkijs(one.chain)) !== undefined) byPkijs.add(one);
  }
}

async function askAllOfOpenssl(command: Openssl): Promise<void> {
  const queue = [...cases.entries()];
  const asker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, one] = next;
      const files = join(directory, `${index}`);
      writeFiles(files, one.chain);
      if ((await askOpenssl(command, files, one, false)) !== undefined) byOpenssl.add(one);
      else if (
        isAskedStrictly(one) &&
        (await askOpenssl(command, files, one, true)) !== undefined
      ) {
        byStrict.add(one);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, asker));
}

beforeAll(async () => {
  await Promise.all([
    askAllOfPkijs(),
    openssl === undefined ? undefined : askAllOfOpenssl(openssl),
  ]);
}, PATIENCE);

afterAll(() => rmSync(directory, { recursive: true }), PATIENCE);

describe('pkijs', () => {
  it('judges otherwise than we where the table says, and nowhere else', () => {
    expect(disagreements(byPkijs)).toEqual(explained(rowsOf('pkijs'), cases));
  });
});

describe.skipIf(openssl === undefined)('OpenSSL (skipped where there is none)', () => {
  it('refuses nothing that we accept, unless the table says why', () => {
    const accepted = [...byOpenssl, ...byStrict].filter(({ refusal }) => refusal === undefined);
    expect(accepted).not.toEqual([]);
    const reasons = [...rowsOf('OpenSSL'), ...rowsOf('strict')];
    expect(accepted.map(line)).toEqual(explained(reasons, accepted));
  });

  describe.skipIf(!isKnown)(`of the versions of the table (${VERSIONS.join(', ')})`, () => {
    it('judges otherwise than we where the table says, and nowhere else', () => {
      expect(disagreements(byOpenssl)).toEqual(
        explained(rowsOf('OpenSSL', openssl?.version), cases),
      );
    });

    it('refuses when strict what the table says, and nothing else that we accept', () => {
      const asked = cases.filter(isAskedStrictly);
      expect(asked.filter((one) => byStrict.has(one)).map(line)).toEqual(
        explained(rowsOf('strict', openssl?.version), asked),
      );
    });
  });
});

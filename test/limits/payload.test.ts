import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inspect, verify } from '../../src/index.ts';
import { refusal } from '../helpers/refusal.ts';
import { callLibrary, IS_FULL, runProgram, sized } from './measured.ts';
import { DIGEST, Scene, statement, statementOf, values } from './scene.ts';

let scene: Scene;
beforeAll(() => {
  scene = new Scene();
});
afterAll(() => scene.remove());

const NAME = 'payload.sig';
afterEach(() => rmSync(scene.path(NAME), { force: true }));

const MILLION = 1_000_000;
const RESOURCE = `"name":"a","digest":"${DIGEST}","algorithm":"sha256"`;
const UNACCEPTABLE = 'the signed statement is not acceptable JSON: ';
const INVALID = 'the signed statement is not valid: ';
const TOO_MANY_KEYS = `${UNACCEPTABLE}it holds more than 10000 different keys, or orders of keys`;

interface Kind {
  readonly name: string;
  readonly payload: () => Uint8Array;
  readonly reason: string;
  /**
   * MiB: the bundle, its text, the payload in base64 and decoded, its text, and that again as
   * JSON, which is 6 times the payload; and what its values take, where there are many.
   */
  readonly memory: number;
}

const KINDS: readonly Kind[] = [
  {
    name: 'arrays in arrays, a million deep',
    payload: () => Buffer.from('['.repeat(MILLION) + ']'.repeat(MILLION)),
    reason: `${UNACCEPTABLE}it is nested deeper than 16 levels`,
    memory: 20,
  },
  {
    name: 'objects in objects, a million deep',
    payload: () => Buffer.from(`${'{"a":'.repeat(MILLION)}1${'}'.repeat(MILLION)}`),
    reason: `${UNACCEPTABLE}it is nested deeper than 16 levels`,
    memory: 50,
  },
  {
    name: 'a resource that is a million deep',
    payload: () => statementOf(`{${RESOURCE},"x":${'['.repeat(MILLION)}${']'.repeat(MILLION)}}`),
    reason: `${UNACCEPTABLE}it is nested deeper than 16 levels`,
    memory: 20,
  },
  {
    name: 'a million keys',
    payload: () => statementOf(`{${RESOURCE},${values(MILLION, (at) => `"k${at}":0`)}}`),
    reason: TOO_MANY_KEYS,
    memory: 90,
  },
  {
    name: 'millions of combinations of five thousand keys',
    payload: () =>
      statementOf(
        values(sized(300_000, 5 * MILLION), (at) => `{"k${at % 2_500}":0,"l${at % 2_499}":0}`),
      ),
    reason: TOO_MANY_KEYS,
    memory: sized(60, 700),
  },
  {
    name: 'long keys of one length',
    payload: () =>
      statementOf(values(sized(200, 3_000), (at) => `{"${'k'.repeat(100_000)}${10_000 + at}":0}`)),
    reason: `${UNACCEPTABLE}it holds a key of 100005 characters`,
    memory: sized(140, 1_900),
  },
  {
    name: 'a million times one key',
    payload: () => Buffer.from(`{${values(MILLION, () => '"a":0')}}`),
    reason: `${UNACCEPTABLE}the key "a" appears twice`,
    memory: 60,
  },
  {
    name: 'a number of a million digits',
    payload: () => statementOf('7'.repeat(MILLION)),
    reason: `${INVALID}resources[0]: expected an object, found Infinity`,
    memory: 20,
  },
  {
    name: 'a million digits behind the point',
    payload: () =>
      statementOf(`{${RESOURCE},"x":0.${'7'.repeat(MILLION)}e-${'9'.repeat(MILLION)}}`),
    reason: 'v1.0',
    memory: 30,
  },
  {
    name: 'a shard size of a million digits',
    payload: () => {
      const serialization = { method: 'shards', shard_size: 99 };
      const text = statement({ count: 1, name: () => 'a:0:1', serialization }).toString();
      return Buffer.from(text.replace(/:99(?=[,}])/, `:${'9'.repeat(MILLION)}`));
    },
    reason: `${INVALID}predicate.serialization.shard_size: expected a positive integer, found`,
    memory: 20,
  },
  {
    name: 'strings of escapes',
    payload: () => statementOf(`"${'\\u0041'.repeat(sized(1, 50) * MILLION)}"`),
    reason: `${INVALID}resources[0]: expected an object, found "AAA`,
    memory: sized(50, 1_700),
  },
  {
    name: 'millions of strings of escapes',
    payload: () => statementOf(values(sized(1, 10) * MILLION, () => '"\\n"')),
    reason: `${INVALID}resources[0]: expected an object, found "\\x0a"`,
    memory: sized(80, 500),
  },
  {
    name: 'millions of objects with nothing in them',
    payload: () => statementOf(values(sized(1, 9) * MILLION, () => '{}')),
    reason: IS_FULL
      ? `${UNACCEPTABLE}it holds more than 16000000 values`
      : `${INVALID}resources[0]`,
    memory: sized(160, 300),
  },
  {
    name: 'millions of short strings, each another',
    payload: () => statementOf(values(sized(1, 15) * MILLION, (at) => `"${at.toString(36)}"`)),
    reason: `${INVALID}resources[0]: expected an object, found "0"`,
    // V8 keeps each of them in a table of its own as well.
    memory: sized(230, 2_400),
  },
  {
    name: 'hundreds of megabytes for a name of the model',
    payload: () => {
      const text = statement({ count: 1, name: () => 'a' }).toString();
      const name = 'm'.repeat(sized(10, 300) * MILLION);
      return Buffer.from(text.replace('"name":"model"', `"name":"${name}"`));
    },
    reason: `${INVALID}subject[0].name: expected the name of the model, of at most 4096 characters`,
    memory: sized(80, 2_000),
  },
  {
    name: 'millions of subjects',
    payload: () => {
      const text = statement({ count: 1 }).toString();
      const subjects = values(sized(1, 5) * MILLION, () => '{}');
      return Buffer.from(text.replace(/"subject":\[.*?\]/, `"subject":[${subjects}]`));
    },
    reason: `${INVALID}subject: expected exactly one subject`,
    memory: sized(140, 800),
  },
];

describe('a payload of', { timeout: 300_000 }, () => {
  it.each(KINDS)('$name', async ({ payload, reason, memory }) => {
    const bundle = scene.sign(NAME, payload());
    const shown = { exit: 0, line: 'Unverified content of a signature file:', memory } as const;
    const { stdout } = await runProgram(scene.inspect(bundle), shown);
    expect(stdout).toContain(reason);
    expect(stdout.length).toBeLessThan(2_000);
    if (!IS_FULL || reason === 'v1.0') return;
    await runProgram(scene.verify(bundle), { exit: 1, line: `Refused: ${reason}`, memory });
    const call = ['verify', bundle, scene.path('model'), scene.path('key.pub')];
    await callLibrary(call, { exit: 1, line: reason, memory: memory + 20 });
  });
});

describe('keys that objects have anyway', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '0'])(
    'are keys like others: %s',
    async (key) => {
      const { forger } = scene;
      const inside = `{${RESOURCE},"${key}":{"name":"b","digest":{"sha256":"x"}}}`;
      const good = forger.sign(statementOf(inside));
      expect(await verify(scene.path('model'), good, forger.policy)).toMatchObject({ files: 1 });

      // With a name only by way of such a key there is none.
      const hidden = forger.sign(
        statementOf(`{"${key}":{"name":"a"},"digest":"${DIGEST}","algorithm":"sha256"}`),
      );
      const call = (): Promise<unknown> => verify(scene.path('model'), hidden, forger.policy);
      const { message } = await refusal(call, 'STATEMENT_MALFORMED');
      expect(message).toContain('resources[0].name: expected a string, found nothing');

      const outside = scene.good.replace('{', `{"${key}":{"mediaType":"x"},`);
      const refused = await refusal(() => inspect(outside), 'BUNDLE_MALFORMED');
      expect(refused.message).toContain(`found the unknown member "${key}"`);
    },
  );
});

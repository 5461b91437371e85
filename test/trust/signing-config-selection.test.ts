import { describe, expect, it } from 'vitest';
import {
  type Selection,
  type Service,
  type SigningConfig,
  selectIdentityProvider,
  selectServices,
} from '../../src/trust/signing-config.ts';
import {
  ALL,
  ANY,
  config,
  exactly,
  NOW,
  type ServiceOptions,
  service,
} from '../helpers/services.ts';
import { failure } from './helpers.ts';

const names = (services: readonly Service[]): string[] =>
  services.map(({ url }) => new URL(url).hostname.replace('.example.com', ''));

const logsOf = (logs: readonly Service[], logSelection: Selection = ANY): string[] =>
  names(selectServices(config({ logs, logSelection }), NOW).logs);

const clocksOf = (
  timestampAuthorities: readonly Service[],
  timestampSelection: Selection = ANY,
): string[] =>
  names(
    selectServices(config({ timestampAuthorities, timestampSelection }), NOW).timestampAuthorities,
  );

/** Each way to ask for services of one kind, as names. */
const KINDS: readonly (readonly [string, (services: readonly Service[]) => string[]])[] = [
  [
    'a certificate authority',
    (certificateAuthorities) =>
      names([selectServices(config({ certificateAuthorities }), NOW).certificateAuthority]),
  ],
  [
    'an identity provider',
    (identityProviders) => names([selectIdentityProvider(config({ identityProviders }), NOW)]),
  ],
  ['a transparency log', (logs) => logsOf(logs)],
  ['a timestamp authority', (services) => clocksOf(services)],
];

const tooFew = (what: string, expected: number, found: number): unknown =>
  failure(
    'TRUST_UNUSABLE',
    `too few services: ${what}: expected ${expected} that this version of oms can use on ` +
      `2026-01-01T00:00:00.000Z, of different operators, found ${found}`,
  );

describe.each(KINDS)('the choice of %s', (kind, choose) => {
  const what = kind.replace(/^an? /, '');

  it('is that of one whose window is open, both ends included', () => {
    expect(choose([service('a', { from: 0, to: 0 })])).toEqual(['a']);
    expect(choose([service('a', { from: -1, to: 1 })])).toEqual(['a']);
    expect(choose([service('a')])).toEqual(['a']);
  });

  it.each<[string, ServiceOptions]>([
    ['has not begun', { from: 1e-6 }],
    ['has ended', { to: -1e-6 }],
    ['has ended before it began', { from: 1, to: -1 }],
    ['has no version', { version: 0 }],
    ['has a version of the future', { version: 3 }],
  ])('passes over one that %s', (_, options) => {
    const bad = service('bad', options);
    expect(choose([bad, service('good', { from: -9 })])).toEqual(['good']);
    expect(() => choose([bad])).toThrow(tooFew(what, 1, 0));
  });

  it('falls on the one that began last, whatever their order', () => {
    const services = [
      service('old', { from: -9 }),
      service('new', { from: -1 }),
      service('middle', { from: -5 }),
      service('future', { from: 1 }),
      service('open'),
    ];
    expect(choose(services)).toEqual(['new']);
    expect(choose(services.toReversed())).toEqual(['new']);
  });

  it('falls on the first of equals', () => {
    expect(choose([service('a', { from: -1 }), service('b', { from: -1 })])).toEqual(['a']);
    expect(choose([service('b'), service('a')])).toEqual(['b']);
    expect(
      choose([service('b', { operator: 'b.example' }), service('a', { operator: 'a.example' })]),
    ).toEqual(['b']);
  });
});

describe.each(KINDS.slice(0, 2))('the choice of %s', (kind, choose) => {
  it('is impossible when none is named', () => {
    expect(() => choose([])).toThrow(tooFew(kind.replace(/^an? /, ''), 1, 0));
  });

  it('does not fall on version 2, which is not known', () => {
    expect(choose([service('two', { version: 2 }), service('one')])).toEqual(['one']);
  });
});

describe('the choice of transparency logs', () => {
  const v1 = service('one', { version: 1, from: -1 });
  const v2 = service('two', { version: 2, from: -9 });

  it('falls on the highest version before the newest', () => {
    expect(logsOf([v1, v2])).toEqual(['two']);
    expect(logsOf([v2, v1])).toEqual(['two']);
    expect(logsOf([service('three', { version: 3 }), v1, v2])).toEqual(['two']);
    expect(logsOf([v1, service('later', { version: 2, from: 1 })])).toEqual(['one']);
  });

  it('falls on the highest version of whatever operator', () => {
    expect(logsOf([v1, { ...v2, operator: 'example.net' }])).toEqual(['two']);
  });

  it('falls on one of each operator when all are to be used', () => {
    const logs = [
      service('a1', { version: 2, from: -3, operator: 'a.example' }),
      service('b1', { version: 2, from: -2, operator: 'b.example' }),
      service('a2', { version: 2, from: -1, operator: 'a.example' }),
      service('c1', { version: 2, from: 1, operator: 'c.example' }),
      service('b2', { version: 1, from: -1, operator: 'b.example' }),
    ];
    expect(logsOf(logs, ALL)).toEqual(['a2', 'b1']);
    expect(logsOf(logs, ANY)).toEqual(['a2']);
    expect(logsOf(logs, exactly(1))).toEqual(['a2']);
    expect(logsOf(logs, exactly(2))).toEqual(['a2', 'b1']);
    expect(() => logsOf(logs, exactly(3))).toThrow(tooFew('transparency log', 3, 2));
  });

  it('does not mix versions, whoever runs them', () => {
    const logs = [v1, { ...v2, operator: 'example.net' }, { ...v1, operator: 'example.org' }];
    expect(logsOf(logs, ALL)).toEqual(['two']);
    expect(() => logsOf(logs, exactly(2))).toThrow(tooFew('transparency log', 2, 1));
  });

  it('counts those that name no operator as of one', () => {
    const logs = [service('a', { operator: '' }), service('b', { operator: '' })];
    expect(logsOf(logs, ALL)).toEqual(['a']);
    expect(() => logsOf(logs, exactly(2))).toThrow(tooFew('transparency log', 2, 1));
  });

  it.each<[string, Selection, number]>([
    ['any', ANY, 1],
    ['all', ALL, 1],
    ['exactly two', exactly(2), 2],
  ])('is impossible when there is none, and %s are asked for', (_, selection, count) => {
    expect(() => logsOf([], selection)).toThrow(tooFew('transparency log', count, 0));
    expect(() => logsOf([service('old', { to: -1 })], selection)).toThrow(
      tooFew('transparency log', count, 0),
    );
  });
});

describe('the choice of timestamp authorities', () => {
  it('falls on one of each operator when all are to be used', () => {
    const services = [
      service('a1', { operator: 'a.example' }),
      service('a2', { operator: 'a.example', from: -1 }),
      service('b', { operator: 'b.example', from: -2 }),
      service('c', { operator: 'c.example', to: -1 }),
      service('d', { operator: 'd.example', version: 2 }),
    ];
    expect(clocksOf(services, ALL)).toEqual(['a2', 'b']);
    expect(clocksOf(services, ANY)).toEqual(['a2']);
    expect(clocksOf(services, exactly(2))).toEqual(['a2', 'b']);
    expect(() => clocksOf(services, exactly(3))).toThrow(tooFew('timestamp authority', 3, 2));
  });

  it.each([
    ['any', ANY],
    ['all', ALL],
  ])('is that of none where an instance has none and asks for %s', (_, selection) => {
    expect(clocksOf([], selection)).toEqual([]);
  });

  it('is impossible where an instance has none and asks for a number', () => {
    expect(() => clocksOf([], exactly(1))).toThrow(tooFew('timestamp authority', 1, 0));
  });

  it('is impossible when those of the instance have ended, and some are asked for', () => {
    const ended = [service('old', { to: -1 })];
    expect(() => clocksOf(ended, ANY)).toThrow(tooFew('timestamp authority', 1, 0));
    expect(() => clocksOf(ended, exactly(1))).toThrow(tooFew('timestamp authority', 1, 0));
  });
});

describe('a log that gives no signed time', () => {
  const select = (parts: Partial<SigningConfig>): Service[] => {
    const { logs, timestampAuthorities } = selectServices(config(parts), NOW);
    return [...logs, ...timestampAuthorities];
  };
  const tiles = [service('tiles', { version: 2 })];
  const without = { timestampAuthorities: [], timestampSelection: ALL };
  const refused = failure('TRUST_UNUSABLE', 'timestamp authority');

  it('needs a timestamp authority', () => {
    expect(names(select({ logs: tiles }))).toEqual(['tiles', 'tsa']);
    expect(() => select({ logs: tiles, ...without })).toThrow(refused);
    expect(() => select({ logs: tiles, ...without, timestampSelection: ANY })).toThrow(refused);
  });

  it('needs one whose window is open', () => {
    for (const ended of [{ to: -1 }, { from: 1 }]) {
      const timestampAuthorities = [service('old', ended)];
      for (const timestampSelection of [ALL, ANY]) {
        const parts = { logs: tiles, timestampAuthorities, timestampSelection };
        expect(() => select(parts)).toThrow(refused);
      }
    }
  });

  it('is not Rekor v1, which can do without one', () => {
    expect(names(select(without))).toEqual(['log']);
    expect(names(select({}))).toEqual(['log', 'tsa']);
  });
});

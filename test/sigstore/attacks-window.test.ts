import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import type { Window } from '../helpers/sigstore/trusted-root.ts';
import { check, expectRefusal, instance, signed } from './helpers.ts';

type Kind = 'authorities' | 'ctLogs' | 'logs' | 'tsas';

/** Whose key it is, and the code when it was not to be trusted at the proven time. */
const KEYS: readonly (readonly [Kind, ErrorCode])[] = [
  ['authorities', 'CERTIFICATE_REFUSED'],
  ['ctLogs', 'CERTIFICATE_REFUSED'],
  ['logs', 'LOG_ENTRY_INVALID'],
  ['tsas', 'TIMESTAMP_INVALID'],
];

const bundles = { 1: signed({ timestamps: [{}] }), 2: signed({ rekor: 2 }) } as const;
const PAST = after(SIGNED_AT, -60);
const FUTURE = after(SIGNED_AT, 60);

function rootWith(kind: Kind, window: Window) {
  return { trustedRoot: instance.trustedRoot({ windows: { [kind]: window } }) };
}

describe.each([[1], [2]] as const)('in a bundle with Rekor v%i, the window', (rekor) => {
  const good = bundles[rekor];

  it.each(KEYS)(
    'of the %s in the trusted root must not have ended before the proven time',
    (kind, code) => {
      const badPolicy = rootWith(kind, { end: PAST });
      expectRefusal({ good, bad: good, code, badPolicy });
    },
  );

  it.each(KEYS)(
    'of the %s in the trusted root must have begun at the proven time',
    (kind, code) => {
      const badPolicy = rootWith(kind, { start: FUTURE });
      expectRefusal({ good, bad: good, code, badPolicy });
    },
  );

  it.each(KEYS)('of the %s in the trusted root may be over today', (kind) => {
    expect(check(good, rootWith(kind, { start: PAST, end: FUTURE }))).toBeDefined();
  });
});

describe('a key whose window is over', () => {
  it('of a CT log, is not trusted because it dates its SCT back', () => {
    const good = bundles[1];
    const scts = [{ time: after(SIGNED_AT, -86_400) }];
    const bad = signed({ scts, timestamps: [{}] });
    const code = 'CERTIFICATE_REFUSED';
    expectRefusal({ good, bad, code, badPolicy: rootWith('ctLogs', { end: PAST }) });
  });

  it('of a log without a time of its own, is judged by the timestamp', () => {
    const code = 'LOG_ENTRY_INVALID';
    const good = signed({ entries: [{ promise: null }], timestamps: [{}] });
    const badPolicy = rootWith('logs', { end: PAST });
    expectRefusal({ good: bundles[2], bad: bundles[2], code, badPolicy });
    expectRefusal({ good, bad: good, code, badPolicy });
  });

  it('of a log, is not trusted because it dates its promise back', () => {
    const window = { end: PAST };
    const notBefore = after(SIGNED_AT, -600);
    const leaf = { notBefore, notAfter: FUTURE };
    const scts = [{ time: notBefore }];
    const good = signed({ leaf, scts, timestamps: [{}] });
    const entries = [{ time: after(SIGNED_AT, -120) }];
    const bad = signed({ leaf, scts, entries, timestamps: [{}] });
    const badPolicy = rootWith('logs', window);
    expectRefusal({ good, bad, code: 'LOG_ENTRY_INVALID', badPolicy });
  });
});

import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/trust/certificate.ts';
import { checkCertificateLogs } from '../../src/trust/sct.ts';
import { type Log, parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import type { Validity } from '../../src/trust/validity.ts';
import { der, extension } from '../helpers/pki.ts';
import { issueLeaf, makeAuthority } from '../helpers/sigstore/authority.ts';
import { makeCtLog, makeSct, sctExtension } from '../helpers/sigstore/ct-log.ts';
import { trustedRootOf } from '../helpers/sigstore/trusted-root.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { failure } from './helpers.ts';

const authority = makeAuthority();
const [first, second] = [makeCtLog('https://ct.example/1'), makeCtLog('https://ct.example/2')];
const { ctLogs } = parseTrustedRoot(
  trustedRootOf({ authorities: [authority], ctLogs: [first, second], logs: [], tsas: [] }),
);
const sct = makeSct(first, Buffer.from('a certificate'), authority.intermediate);

const LIST = '1.3.6.1.4.1.11129.2.4.2';

/** Lengths before bytes, as RFC 6962 has them. */
function vector(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A leaf with this extension, or without one. */
function check(
  embedded: Buffer | undefined,
  logs: readonly Log[] = ctLogs,
  times: readonly Date[] = [SIGNED_AT],
): void {
  const leaf = issueLeaf(authority, {}, () => (embedded === undefined ? [] : [embedded]));
  checkCertificateLogs(parseCertificate(leaf.der, 'the leaf'), logs, times);
}

/** The extension over a list as it is. */
const raw = (list: Buffer): Buffer => extension(LIST, false, der(0x04, list));

const refused = (what: string | RegExp): unknown => failure('CERTIFICATE_REFUSED', what);

describe('the certificate timestamps in a keyless certificate', () => {
  it('are of logs in the trusted root, one or more', () => {
    const other = makeSct(second, Buffer.from('a certificate'), authority.intermediate);
    for (const list of [[sct], [other], [sct, other]]) {
      expect(() => check(sctExtension(list))).not.toThrow();
    }
  });

  it('may call their log by any of its ids', () => {
    const [log] = ctLogs;
    if (log === undefined) throw new Error('there is no log');
    const more = Buffer.alloc(4, 9);
    for (const ids of [
      [...log.ids, more],
      [more, ...log.ids],
    ]) {
      expect(() => check(sctExtension([sct]), [{ ...log, ids }])).not.toThrow();
    }
    expect(() => check(sctExtension([sct]), [{ ...log, ids: [more] }])).toThrow(
      refused('not in the trusted root'),
    );
  });

  it('must be there', () => {
    expect(() => check(undefined)).toThrow(refused('has no timestamp of a certificate log (SCT)'));
    for (const empty of [
      sctExtension([]),
      raw(Buffer.alloc(0)),
      extension(LIST, false, der(0x05)),
    ]) {
      expect(() => check(empty)).toThrow(refused('timestamps (SCT) are malformed'));
    }
  });

  it('must each be of a log in the trusted root', () => {
    const unknown = makeSct(makeCtLog(), Buffer.from('a certificate'), authority.intermediate);
    for (const list of [[unknown], [sct, unknown], [unknown, sct]]) {
      expect(() => check(sctExtension(list))).toThrow(
        refused(/not in the trusted root .*expected "https:\/\/ct\.example\/1" or "https:/),
      );
    }
    expect(() => check(sctExtension([sct]), [])).toThrow(refused('expected no log at all'));
  });

  it('must be of a log that was trusted at each of the times', () => {
    const turn = after(SIGNED_AT, 5);
    const named = ctLogs.slice(0, 1);
    const within = (validity: Validity): readonly Log[] =>
      named.map((log) => ({ ...log, validity }));
    const early = within({ start: undefined, end: turn });
    const late = within({ start: after(turn, 1), end: undefined });
    const at = (...seconds: readonly number[]): readonly Date[] =>
      seconds.map((second_) => after(SIGNED_AT, second_));
    const list = sctExtension([sct]);
    expect(() => check(list, early, at(0, 5))).not.toThrow();
    expect(() => check(list, late, at(6, 9))).not.toThrow();
    expect(() => check(list, [...early, ...late], at(1, 9))).not.toThrow();
    for (const times of [at(6), at(1, 6), at(6, 1)]) {
      expect(() => check(list, early, times)).toThrow(
        refused(/not trusted any more, or not yet: expected .* on 2025-11-03T12:00:06/),
      );
    }
    expect(() => check(list, [...early, ...late], at(5.5))).toThrow(refused('not trusted any'));
  });

  it.each<[string, Buffer]>([
    ['a list that is longer than it says', Buffer.concat([vector(vector(sct)), Buffer.of(0)])],
    ['a list that is shorter than it says', vector(vector(sct)).subarray(0, -1)],
    ['an entry that is longer than its list', vector(Buffer.concat([Buffer.of(1, 0), sct]))],
    ['an entry without its length', vector(Buffer.concat([vector(sct), Buffer.of(0)]))],
    ['an empty entry', vector(Buffer.concat([vector(sct), vector(Buffer.alloc(0))]))],
    ['an entry of 32 bytes', vector(vector(sct.subarray(0, 32)))],
    ['an entry of another version', vector(vector(Buffer.concat([Buffer.of(1), sct.subarray(1)])))],
    ['a length alone', Buffer.of(0)],
  ])('must not be %s', (_, list) => {
    expect(() => check(raw(vector(vector(sct))))).not.toThrow();
    expect(() => check(raw(list))).toThrow(refused('timestamps (SCT) are malformed'));
  });
});

import { describe, expect, it } from 'vitest';
import { findAuthority } from '../../src/trust/timestamp.ts';
import { type Authority, parseTrustedRoot } from '../../src/trust/trusted-root.ts';
import type { Validity } from '../../src/trust/validity.ts';
import { trustedRootOf } from '../helpers/sigstore/trusted-root.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { makeTsa, type TimestampOptions, timestamp, type Tsa } from '../helpers/sigstore/tsa.ts';
import { failure } from './helpers.ts';

const SIGNATURE = Buffer.from('a signature');
const tsa = makeTsa();
/** Of the same names and the same number, with other keys. */
const namesake = makeTsa();
const stranger = makeTsa('Another TSA');
const numbered = makeTsa('Example TSA', { leaf: { serial: 4243 } });

function authority(of: Tsa, validity?: Validity): Authority {
  const root = trustedRootOf({ authorities: [], ctLogs: [], logs: [], tsas: [of] });
  const [found] = parseTrustedRoot(root).timestampAuthorities;
  if (found === undefined) throw new Error('there is none');
  return validity === undefined ? found : { ...found, validity };
}

function find(
  authorities: readonly Authority[],
  options: TimestampOptions = {},
  signature = SIGNATURE,
): ReturnType<typeof findAuthority> {
  return findAuthority(timestamp(tsa, SIGNATURE, options), signature, authorities);
}

const refused = (what: string | RegExp): unknown => failure('TIMESTAMP_INVALID', what);

describe('the authority of a timestamp', () => {
  it('is found in the trusted root, with the time that it gives', () => {
    const own = authority(tsa);
    for (const authorities of [[own], [authority(stranger), own], [own, authority(stranger)]]) {
      const found = find(authorities);
      expect(found.authority).toBe(own);
      expect(found.at).toEqual(after(SIGNED_AT, 1));
    }
  });

  it('needs no key usage, which must allow signing where it is there', () => {
    const bare = makeTsa('Example TSA', { leaf: { keyUsage: undefined } });
    expect(find([authority(bare)], { tsa: bare }).at).toEqual(after(SIGNED_AT, 1));
    const other = makeTsa('Example TSA', { leaf: { keyUsage: ['keyEncipherment'] } });
    expect(() => find([authority(other)], { tsa: other })).toThrow(
      refused('may not be used for timestamps'),
    );
  });

  it('is the one that signed, where several have its name and number', () => {
    const own = authority(tsa);
    for (const authorities of [
      [own, authority(namesake)],
      [authority(namesake), own],
    ]) {
      expect(find(authorities).authority).toBe(own);
    }
  });

  it('is not one of another name, nor of another number', () => {
    for (const other of [stranger, numbered]) {
      expect(() => find([authority(other)])).toThrow(
        refused(/not in the trusted root: expected "https:.*found one that names certificate 1092/),
      );
    }
    expect(() => find([])).toThrow(refused('expected no timestamp'));
  });

  it('must have signed, and signed this', () => {
    expect(() => find([authority(namesake)])).toThrow(
      refused('not over this signature, or not by'),
    );
    expect(() => find([authority(tsa)], {}, Buffer.from('another'))).toThrow(
      refused('not over this signature, or not by'),
    );
    expect(() => find([authority(tsa)], { data: Buffer.from('another') })).toThrow(
      refused('not over this signature, or not by'),
    );
  });

  it('must have been trusted at the time that it gives', () => {
    const time = after(SIGNED_AT, 1);
    for (const good of [
      { start: time, end: time },
      { start: undefined, end: time },
      { start: time, end: undefined },
    ]) {
      expect(() => find([authority(tsa, good)])).not.toThrow();
    }
    for (const bad of [
      { start: undefined, end: SIGNED_AT },
      { start: after(SIGNED_AT, 2), end: undefined },
    ]) {
      expect(() => find([authority(tsa, bad)])).toThrow(
        refused('was not trusted at the time it gives: 2025-11-03T12:00:01.000Z'),
      );
      // One of the same name that was trusted then did not sign it.
      expect(() => find([authority(tsa, bad), authority(namesake)])).toThrow(
        refused('not over this signature, or not by'),
      );
      const again = authority(tsa);
      expect(find([authority(tsa, bad), again]).authority).toBe(again);
    }
  });

  it('must be named by its certificate', () => {
    expect(() => find([authority(tsa)], { namedCertificate: namesake.leaf })).toThrow(
      refused('names another certificate than the one that signed it'),
    );
  });

  it.each(['20251103120001', '2025', '', 'no time at all', '20251332250001Z'])(
    'must not give the time %j',
    (genTime) => {
      expect(() => find([authority(tsa)], { genTime })).toThrow(refused('malformed'));
    },
  );

  it('must have been granted, in a response that can be read', () => {
    expect(() => find([authority(tsa)], { status: 2 })).toThrow(refused('was not granted'));
    for (const bytes of [Buffer.alloc(0), Buffer.from('<html>'), Buffer.of(0x30, 0x00)]) {
      expect(() => findAuthority(bytes, SIGNATURE, [authority(tsa)])).toThrow(
        refused('malformed, or was not granted'),
      );
    }
  });
});

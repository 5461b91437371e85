import { describe, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { makeKey } from '../helpers/pki.ts';
import { b64 } from '../helpers/sigstore/bytes.ts';
import {
  ENTRY,
  MATERIAL,
  type Path,
  withPartOf,
  withText,
  withValue,
} from '../helpers/sigstore/edit.ts';
import { certify, modelStatement } from '../helpers/sigstore/instance.ts';
import { makeRekor } from '../helpers/sigstore/rekor.ts';
import { after, SIGNED_AT } from '../helpers/sigstore/times.ts';
import { expectRefusal, instance, signed } from './helpers.ts';
import { bundles, ENTRIES, VERSIONS, withEntry } from './logged.ts';

const code = 'LOG_ENTRY_INVALID';

describe.each(VERSIONS)('a log entry of Rekor v%i', (version) => {
  const good = bundles[version];
  const refuse = (bad: Bundle): void => expectRefusal({ good, bad, code });

  it('must be there: without one, a bundle is not keyless', () => {
    const bad = withValue(good, ENTRIES, []);
    expectRefusal({ good, bad, code: 'METHOD_MISMATCH' });
  });

  it('must be of this envelope', () => {
    const signer = certify(instance);
    const mine = signed({ rekor: version, signer, timestamps: [{}] });
    const statement = modelStatement('something else');
    const other = signed({ rekor: version, signer, statement, timestamps: [{}] });
    expectRefusal({ good: mine, bad: withPartOf(mine, other, ENTRY), code });
    expectRefusal({ good: other, bad: withPartOf(other, mine, ENTRY), code });
  });

  it('must be of this signature, and not of another one over the same envelope', () => {
    const signer = certify(instance);
    const mine = signed({ rekor: version, signer, timestamps: [{}] });
    const other = signed({ rekor: version, signer, timestamps: [{}] });
    expectRefusal({ good: mine, bad: withPartOf(mine, other, ENTRY), code });
  });

  it('must be of this certificate, and not of another one with the same key', () => {
    const signer = certify(instance);
    const twin = certify(instance, { certificate: { key: signer.privateKey } });
    const mine = signed({ rekor: version, signer, timestamps: [{}] });
    const bad = signed({
      rekor: version,
      signer,
      entries: [{ signed: { certificate: twin.der } }],
      timestamps: [{}],
    });
    expectRefusal({ good: mine, bad, code });
  });

  it.each([
    ['random bytes', Buffer.from('0123456789abcdef')],
    ['the certificate of the CA', instance.authority.intermediate.der],
    ['the certificate with a byte behind it', undefined],
  ])('must not name %s as its verifier', (_, certificate) => {
    const signer = certify(instance);
    const bad = signed({
      rekor: version,
      signer,
      entries: [
        { signed: { certificate: certificate ?? Buffer.concat([signer.der, Buffer.of(0)]) } },
      ],
      timestamps: [{}],
    });
    refuse(bad);
  });

  it('must be of a log that the trusted root lists', () => {
    refuse(withEntry(version, { log: makeRekor({ version, host: 'log.stranger.example' }) }));
  });

  it('must be of such a log, and not of one with its name', () => {
    const { name } = version === 1 ? instance.rekor1 : instance.rekor2;
    refuse(withEntry(version, { log: makeRekor({ version, host: name }) }));
  });

  it('must be signed with the key that its log id stands for', () => {
    const own = version === 1 ? instance.rekor1 : instance.rekor2;
    const thief = { ...own, key: makeKey(version === 1 ? 'P-256' : 'Ed25519') };
    refuse(withEntry(version, { log: thief }));
  });

  it('must not say that it is of another trusted log', () => {
    const other = version === 1 ? instance.rekor2 : instance.rekor1;
    refuse(withValue(good, [...ENTRY, 'logId', 'keyId'], b64(other.logId)));
  });

  it('must not be of a log that is gone from the trusted root', () => {
    const own = version === 1 ? instance.rekor1 : instance.rekor2;
    const logs = [instance.rekor1, instance.rekor2].filter((log) => log !== own);
    const badPolicy = { trustedRoot: instance.trustedRoot({ logs }) };
    expectRefusal({ good, bad: good, code, badPolicy });
  });

  it('must not say that it stands elsewhere in the log', () => {
    for (const index of ['0', '1', '6', '121904268']) {
      refuse(withText(good, [...ENTRY, 'logIndex'], () => index));
    }
  });
});

describe('the time of an entry of Rekor v2', () => {
  const good = bundles[2];

  it('proves nothing: there must be a timestamp', () => {
    const bare = withValue(good, [...MATERIAL, 'timestampVerificationData'], undefined);
    expectRefusal({ good, bad: bare, code: 'TIMESTAMP_INVALID' });
    const time: Path = [...ENTRY, 'integratedTime'];
    const claimed = withText(bare, time, () => String(after(SIGNED_AT, 2).getTime() / 1000));
    expectRefusal({ good, bad: claimed, code: 'TIMESTAMP_INVALID' });
  });
});

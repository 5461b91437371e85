import { name } from '../certificate.ts';
import { type Change, having, issue, present } from '../draft.ts';
import { basicConstraints, extendedKeyUsage, extension, keyUsage, USAGE } from '../extensions.ts';
import { ends, type Family, family, refused } from '../family.ts';
import { BROKEN, cross, ders, EXPIRED, good, root, signer, STRANGER } from '../issuers.ts';
import { type KeyKind, keyOf } from '../keys.ts';

/** The issuer of the leaf once more, and bad: before or behind the good one. */
function twoWays(flaw: string, change: Change): readonly Family[] {
  return (['before', 'behind'] as const).map((where) =>
    family(`two issuers, the bad one ${where}: ${flaw}`, [3, 5], (setting) => {
      const chain = good(setting);
      const bad = issue(chain[1].plan, change).der;
      const right = ders(chain).slice(1, -1);
      return present(chain, { others: where === 'before' ? [bad, ...right] : [...right, bad] });
    }),
  );
}

/** More than one way through the certificates. */
export const choices: readonly Family[] = [
  ...twoWays('expired', EXPIRED),
  ...twoWays('not a CA', having(basicConstraints(false))),
  ...twoWays('another key', ({ key }) => ({
    key: { ...keyOf(key.kind as KeyKind, 4), id: key.id },
  })),
  ...twoWays('weak hash', { hash: 'sha1' }),
  ...twoWays('unknown critical extension', having(extension('1.2.3.4.5', true, Buffer.of(5, 0)))),
  ...twoWays('for servers', having(extendedKeyUsage([USAGE.serverAuth]))),
  ...twoWays('for nobody to sign with', having(keyUsage(['cRLSign']))),
  ...twoWays('forged', BROKEN),
  ...twoWays('of an unknown root', { issuerName: name('Unknown') }),
  family('cross-signed, the anchor above the second', [3, 3], (setting) => {
    const ca = root('CA', 3);
    const [one, two] = [root('One', 1), root('Two', 2)];
    return present([signer(setting, ca)], {
      others: ders([cross(one, ca), cross(two, ca)]),
      anchors: [two.der],
    });
  }),
  family('cross-signed, the anchor above neither', [3, 3], (setting) => {
    const ca = root('CA', 3);
    const [one, two] = [root('One', 1), root('Two', 2)];
    return refused(
      present([signer(setting, ca)], {
        others: ders([cross(one, ca), cross(two, ca)]),
        anchors: [STRANGER.der],
      }),
      ends('"CN=Signer" issued by "CN=CA", up to "CN=CA" issued by "CN=One"$'),
    );
  }),
  family('a circle that leads nowhere', [3, 3], (setting) => {
    const [a, b] = [root('A', 1), root('B', 2)];
    return refused(
      present([signer(setting, a)], {
        others: ders([cross(b, a), cross(a, b)]),
        anchors: [STRANGER.der],
      }),
      ends('"CN=Signer" issued by "CN=A", up to "CN=B" issued by "CN=A"$'),
    );
  }),
  family('a circle with a way out', [3, 3], (setting) => {
    const [a, b] = [root('A', 1), root('B', 2)];
    return present([signer(setting, a)], {
      others: ders([cross(b, a), cross(a, b), cross(STRANGER, b)]),
      anchors: [STRANGER.der],
    });
  }),
  family('a circle with the anchor in it', [3, 3], (setting) => {
    const [a, b] = [root('A', 1), root('B', 2)];
    return present([signer(setting, a)], {
      others: ders([cross(b, a), cross(a, b)]),
      anchors: [b.der],
    });
  }),
];

import { present } from '../draft.ts';
import { ends, type Family, family, malformed, refused } from '../family.ts';
import { ders, good, STRANGERS } from '../issuers.ts';

const NOWHERE = ends('"CN=Signer" issued by "CN=.*"$');

const contents: readonly Family[] = [
  ...[2, 3, 4, 5].map((length) =>
    family(`${length} certificates`, [length, length], (setting) => present(good(setting))),
  ),
  family('in the other order', [4, 5], (setting) => {
    const chain = good(setting);
    return present(chain, { others: ders(chain).slice(1, -1).toReversed() });
  }),
  family('with everything twice', [2, 5], (setting) => {
    const chain = good(setting);
    return present(chain, { others: [...ders(chain), ...ders(chain)] });
  }),
  family('with the root', [2, 5], (setting) => {
    const chain = good(setting);
    return present(chain, { others: ders(chain).slice(1) });
  }),
  family('with strangers', [2, 5], (setting) => {
    const chain = good(setting);
    const between = ders(chain).slice(1, -1);
    return present(chain, { others: [...ders(STRANGERS), ...between, ...ders(STRANGERS)] });
  }),
  family('without the issuer', [3, 5], (setting) => {
    const chain = good(setting);
    return refused(present(chain, { others: ders(chain).slice(2, -1) }), NOWHERE);
  }),
  family('without one in the middle', [4, 5], (setting) => {
    const chain = good(setting);
    return refused(
      present(chain, { others: ders(chain).slice(1, -2) }),
      ends('"CN=Signer" issued by ".*", up to "CN=CA 2" issued by "CN=CA 1"$'),
    );
  }),
  family('with a stranger that is malformed', [3, 5], (setting) => {
    const chain = good(setting);
    const others = [...ders(chain).slice(1, -1), Buffer.from('3003020100', 'hex')];
    const where = `certificate ${setting.length} of the bundle`;
    return refused(present(chain, { others }), malformed()({ subject: '', where }));
  }),
];

const TOO_LONG = /trusted certificate: expected a chain of at most 10 certificates, found a longer/;

const lengths: readonly Family[] = [9, 10, 11, 13].map((length) =>
  family(
    `${length} certificates`,
    [length, length],
    (setting) => {
      const chain = present(good(setting));
      return { chain, refusal: length > 10 ? TOO_LONG : undefined };
    },
    { kinds: ['P-256'] },
  ),
);

/** What a bundle brings, and how much of it. */
export const bundles: readonly Family[] = [...contents, ...lengths];

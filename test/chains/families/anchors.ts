import { ID, name } from '../certificate.ts';
import { having, issue, lacking, present, writeChain } from '../draft.ts';
import { basicConstraints } from '../extensions.ts';
import { ends, type Family, family, notIssued, of, refused, unfit } from '../family.ts';
import {
  BROKEN,
  ders,
  EXPIRED,
  good,
  RENEWED,
  root,
  signer,
  STRANGER,
  STRANGERS,
} from '../issuers.ts';
import { keyOf } from '../keys.ts';

const WITHOUT_IDS = lacking(ID.subjectKeyIdentifier, ID.authorityKeyIdentifier);
const NOWHERE = ends('"CN=Signer" issued by "CN=.*"$');
const notCa = (subject: string): RegExp =>
  of(subject, unfit('a CA certificate', 'one that is not'));

export const anchors: readonly Family[] = [
  family('is an intermediate', [3, 5], (setting) => {
    const chain = good(setting);
    return present(chain, { anchors: ders(chain).slice(1, 2), others: ders(chain).slice(2) });
  }),
  family('is the leaf', [2, 5], (setting) => {
    const chain = good(setting);
    return present(chain, { anchors: ders(chain).slice(0, 1), others: [] });
  }),
  family('is the leaf, which its issuer could not issue', [2, 2], (setting) => {
    const chain = writeChain(setting, { 0: having(basicConstraints(false)) });
    return present(chain, { anchors: ders(chain).slice(0, 1), others: ders(chain).slice(1) });
  }),
  family('is the self-signed leaf', [1, 1], (setting) => present(writeChain(setting))),
  family('is the self-signed leaf, called a CA', [1, 1], (setting) =>
    present(writeChain(setting, { 0: having(basicConstraints(true)) })),
  ),
  family('is the self-signed leaf, with a broken signature', [1, 1], (setting) =>
    present(writeChain(setting, { 0: BROKEN })),
  ),
  family('is the self-signed leaf, expired', [1, 1], (setting) =>
    refused(present(writeChain(setting, { 0: EXPIRED })), /"CN=Signer" expired/),
  ),
  family('several, of which the right one is last', [2, 5], (setting) => {
    const chain = good(setting);
    return present(chain, { anchors: [...ders(STRANGERS), ...ders(chain).slice(-1)] });
  }),
  family('all but the leaf', [3, 5], (setting) => {
    const chain = good(setting);
    return present(chain, { anchors: ders(chain).slice(1), others: [] });
  }),
  family('is a stranger', [2, 5], (setting) => {
    const end = setting.length === 2 ? '"CN=Signer" issued by' : 'up to "CN=CA 1" issued by';
    return refused(
      present(good(setting), { anchors: [STRANGER.der] }),
      ends(`.*${end} "CN=Root"$`),
    );
  }),
  family('is a stranger, the root in the bundle', [2, 5], (setting) => {
    const chain = good(setting);
    return refused(
      present(chain, { anchors: [STRANGER.der], others: ders(chain).slice(1) }),
      ends('.*up to "CN=Root" issued by "CN=Root"$'),
    );
  }),
  family('is a stranger, the leaf self-signed', [1, 1], (setting) =>
    refused(present(writeChain(setting), { anchors: [STRANGER.der] }), NOWHERE),
  ),
  family(
    'has the name and another key',
    [2, 5],
    (setting) =>
      refused(
        present(good(setting), { anchors: [root('Root', 20).der] }),
        of(
          setting.length === 2 ? 'Signer' : 'CA 1',
          notIssued('# names another key identifier or serial number$'),
        ),
      ),
    { kinds: ['P-256', 'P-384'] },
  ),
  family(
    'has the name and another key, without key identifiers',
    [2, 2],
    (setting) => {
      const chain = writeChain(setting, { [-1]: WITHOUT_IDS });
      return refused(
        present(chain, { anchors: [root('Root', 20, WITHOUT_IDS).der] }),
        of('Signer', notIssued('a signature that is not by its key$')),
      );
    },
    { kinds: ['P-256', 'P-521'] },
  ),
  family('has the key and another name', [2, 2], (setting) => {
    const chain = good(setting);
    const names = { subjectName: name('Other'), issuerName: name('Other') };
    const renamed = issue(chain[1].plan, names);
    return refused(present(chain, { anchors: [renamed.der] }), NOWHERE);
  }),
  family('is the root renewed', [2, 5], (setting) => {
    const chain = good(setting);
    const renewed = issue((chain.at(-1) ?? chain[0]).plan, RENEWED);
    return present(chain, { anchors: [renewed.der] });
  }),
  family('is a twin of the leaf', [1, 1], (setting) => {
    const [leaf] = good(setting);
    return refused(present([leaf], { anchors: [issue(leaf.plan, RENEWED).der] }), notCa('Signer'));
  }),
  family('expired, its renewal beside it', [2, 5], (setting) => {
    const chain = good(setting);
    const old = issue((chain.at(-1) ?? chain[0]).plan, EXPIRED);
    return present(chain, { anchors: [old.der, ...ders(chain).slice(-1)] });
  }),
  family('expired, its renewal in the bundle', [2, 5], (setting) => {
    const chain = good(setting);
    const old = issue((chain.at(-1) ?? chain[0]).plan, EXPIRED);
    return refused(
      present(chain, { anchors: [old.der], others: ders(chain).slice(1) }),
      /^the certificate "CN=Root" expired/,
    );
  }),
  family('is a signer, and signed another', [2, 5], (setting) => {
    const chain = good(setting);
    const forged = signer(setting, chain[0], {
      key: keyOf('P-256', 21),
      subject: 'Other',
      subjectName: name('Other'),
    });
    return refused(present([forged], { anchors: ders(chain).slice(0, 1) }), notCa('Signer'));
  }),
  family('a signer of the chain signed another', [2, 5], (setting) => {
    const chain = good(setting);
    const forged = signer(setting, chain[0], {
      key: keyOf('P-256', 21),
      subject: 'Other',
      subjectName: name('Other'),
    });
    return refused(present([forged, ...chain]), notCa('Signer'));
  }),
];

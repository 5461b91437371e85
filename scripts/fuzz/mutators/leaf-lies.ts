import { der, makeKey, SERVER_AUTH } from '../../../test/helpers/pki.ts';
import {
  FULCIO,
  IDENTITY,
  ISSUER,
  type LeafOptions,
} from '../../../test/helpers/sigstore/authority.ts';
import { makeCtLog, type SctOptions } from '../../../test/helpers/sigstore/ct-log.ts';
import { after, SIGNED_AT } from '../../../test/helpers/sigstore/times.ts';
import type { Random } from '../base/random.ts';
import { hostileText } from '../json/values.ts';
import { editBytes } from './bytes.ts';

/** A keyless certificate for somebody else, or that nobody should take. */
export function otherLeaf(random: Random): LeafOptions {
  const utf8 = der(0x0c, Buffer.from(hostileText(random)));
  const options: readonly LeafOptions[] = [
    { names: [{ email: 'other@example.com' }] },
    { names: [{ email: IDENTITY.toUpperCase() }] },
    { names: [{ email: `${IDENTITY}\0` }] },
    { names: [{ email: ` ${IDENTITY}` }] },
    { names: [{ uri: IDENTITY }] },
    { names: [{ dns: IDENTITY }] },
    { names: [{ otherName: IDENTITY }] },
    { names: [{ otherName: 'ada', type: `${FULCIO}.8` }] },
    { names: [{ email: IDENTITY }, { email: 'other@example.com' }] },
    { names: [] },
    { names: [{ raw: der(random.pick([0x81, 0xa1, 0x82, 0x87]), random.bytes(random.size(30))) }] },
    { names: [{ email: hostileText(random) }] },
    { oldIssuer: `${ISSUER}/` },
    { newIssuer: `${ISSUER}/` },
    { oldIssuer: null },
    { newIssuer: null },
    { oldIssuer: null, newIssuer: null },
    { newIssuer: der(0x13, Buffer.from(ISSUER)) },
    { newIssuer: random.bytes(random.size(20)) },
    { newIssuer: utf8 },
    { claims: { 12: 'https://github.com/acme/model', 9: utf8, 2: 'push' } },
    { claims: { 12: random.bytes(random.size(20)) } },
    { notBefore: after(SIGNED_AT, 2) },
    { notBefore: after(SIGNED_AT, 60) },
    { notAfter: after(SIGNED_AT, -60), notBefore: after(SIGNED_AT, -600) },
    { certificate: { keyUsage: [] } },
    { certificate: { keyUsage: undefined } },
    { certificate: { extendedKeyUsage: [SERVER_AUTH] } },
    { certificate: { extendedKeyUsage: ['2.5.29.37.0'] } },
    { certificate: { extendedKeyUsage: undefined } },
    { certificate: { ca: true } },
    { certificate: { nameless: false } },
    { certificate: { issuerName: 'Example Fulcio Root' } },
    { certificate: { hash: 'sha1' } },
    { certificate: { key: 'P-521' } },
  ];
  return random.pick(options);
}

/** Timestamps of certificate logs that are not right. */
export function sctOptions(random: Random): readonly SctOptions[] {
  const options: readonly SctOptions[] = [
    { log: makeCtLog() },
    { logId: random.bytes(32) },
    { signedWith: makeKey('P-256') },
    { precertificate: (right) => editBytes(right, random) },
    { version: random.between(1, 255) },
  ];
  const wrong = random.pick(options);
  return random.pick([[], [wrong], [wrong, wrong], [{}, wrong]]);
}

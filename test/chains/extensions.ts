import { der, integer, oid, sequence } from '../helpers/pki.ts';
import { type Extension, ID, TRUE } from './certificate.ts';

export const USAGE = {
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  any: '2.5.29.37.0',
} as const;

export function extension(id: string, critical: boolean, value: Buffer): Extension {
  return { id, critical, value };
}

export function basicConstraints(
  ca: boolean,
  pathLength?: number | Buffer,
  critical = true,
): Extension {
  const length = typeof pathLength === 'number' ? integer(pathLength) : pathLength;
  const value = sequence(...(ca ? [TRUE] : []), ...(length === undefined ? [] : [length]));
  return extension(ID.basicConstraints, critical, value);
}

/** Names of RFC 5280 §4.2.1.3 by their bits. */
const BITS = {
  digitalSignature: 0x80,
  nonRepudiation: 0x40,
  keyEncipherment: 0x20,
  keyCertSign: 0x04,
  cRLSign: 0x02,
} as const;

export function keyUsage(usages: readonly (keyof typeof BITS)[], critical = true): Extension {
  const bits = usages.reduce((sum, usage) => sum | BITS[usage], 0);
  const unused = bits === 0 ? 0 : Math.log2(bits & -bits);
  const value = der(0x03, Buffer.of(unused), Buffer.from(bits === 0 ? [] : [bits]));
  return extension(ID.keyUsage, critical, value);
}

export function extendedKeyUsage(purposes: readonly string[], critical = false): Extension {
  return extension(ID.extendedKeyUsage, critical, sequence(...purposes.map(oid)));
}

export function subjectKeyId(id: Buffer): Extension {
  return extension(ID.subjectKeyIdentifier, false, der(0x04, id));
}

export function authorityKeyId(...members: readonly Buffer[]): Extension {
  return extension(ID.authorityKeyIdentifier, false, sequence(...members));
}

export function keyIdentifier(id: Buffer): Buffer {
  return der(0x80, id);
}

/** `GeneralName`: a name in a directory, a DNS name, an e-mail address, a URI. */
export const generalName = {
  directory: (name: Buffer): Buffer => der(0xa4, name),
  dns: (text: string): Buffer => der(0x82, Buffer.from(text)),
  email: (text: string): Buffer => der(0x81, Buffer.from(text)),
  uri: (text: string): Buffer => der(0x86, Buffer.from(text)),
} as const;

export function subjectAltName(names: readonly Buffer[], critical = false): Extension {
  return extension(ID.subjectAltName, critical, sequence(...names));
}

/** RFC 5280 §4.2.1.10. */
export function nameConstraints(
  constraints: { readonly permitted?: Buffer; readonly excluded?: Buffer },
  critical = true,
): Extension {
  const trees = [constraints.permitted, constraints.excluded].map((base, index) =>
    base === undefined ? Buffer.alloc(0) : der(0xa0 + index, sequence(base)),
  );
  return extension(ID.nameConstraints, critical, sequence(...trees));
}

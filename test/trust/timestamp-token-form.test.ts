import { createHash } from 'node:crypto';
import { ASN1Obj } from '@sigstore/core';
import { describe, expect, it } from 'vitest';
import { readToken, type TimestampToken } from '../../src/trust/timestamp-token.ts';
import { der, oid, sequence } from '../helpers/pki.ts';
import { makeTsa, type TimestampOptions, timestamp } from '../helpers/sigstore/tsa.ts';

const tsa = makeTsa();
const other = makeTsa('Other TSA');
const DATA = Buffer.from('a signature');

const make = (options: TimestampOptions = {}): Buffer => timestamp(tsa, DATA, options);

/** A tree of DER that can be changed. */
type Tree = ASN1Obj;

const parsed = (bytes: Buffer): Tree => ASN1Obj.parseBuffer(Buffer.from(bytes));

function at(tree: Tree, ...path: readonly number[]): Tree {
  return path.reduce((node, step) => {
    const found = node.subs.at(step);
    if (found === undefined) throw new Error(`there is no ${path.join('.')}`);
    return found;
  }, tree);
}

/** A token of which some part is changed, whatever its signature says then. */
function edited(change: (signedData: Tree, response: Tree) => void): Buffer {
  const response = parsed(make());
  change(at(response, 1, 1, 0), response);
  return response.toDER();
}

/** The signed attributes of the only signer: content type, message digest, certificate. */
const attributes = (signedData: Tree): Tree[] => {
  const list = at(signedData, -1, 0).subs.find(({ tag }) => tag.isContextSpecific(0));
  if (list === undefined) throw new Error('there are no attributes');
  return list.subs;
};

const attribute = (type: string, ...values: readonly Buffer[]): Tree =>
  parsed(sequence(oid(type), der(0x31, ...values)));

const hashed = (algorithm: string, bytes: Buffer): Buffer =>
  der(0x04, createHash(algorithm).update(bytes).digest());

const TYPE = '1.2.840.113549.1.9.3';
const CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const SHA = { sha384: '2.16.840.1.101.3.4.2.2', md5: '1.2.840.113549.2.5' } as const;

/** With other attributes in place of the one that names the certificate. */
function naming(...named: readonly Tree[]): TimestampToken {
  return readToken(
    edited((signedData) => {
      const list = attributes(signedData);
      const rest = list.filter((one) => at(one, 0).toOID() !== CERTIFICATE_V2);
      list.splice(0, list.length, ...rest, ...named);
    }),
  );
}

const isOwn = ({ names }: TimestampToken): boolean => names(tsa.leaf.der);

/** `SigningCertificateV2` or `SigningCertificate` of these identifiers. */
const list = (...ids: readonly Buffer[]): Buffer => sequence(sequence(...ids));

describe('a timestamp', () => {
  it('tells what was stamped, and for which request', () => {
    const { imprint, nonce } = readToken(make());
    expect(imprint.algorithm).toBe('sha256');
    expect(imprint.digest.equals(createHash('sha256').update(DATA).digest())).toBe(true);
    expect(nonce).toBe(990_001n);
    const withAccuracy = readToken(make({ accuracy: 1 }));
    expect(withAccuracy.nonce).toBe(990_001n);
  });

  it.each(['sha384', 'sha512'] as const)('may be over %s', (hash) => {
    expect(readToken(make({ hash })).imprint.algorithm).toBe(hash);
  });

  it('must not be over SHA-1', () => {
    expect(() => readToken(make({ hash: 'sha1' }))).toThrow('a hash is weaker than SHA-256');
  });

  it.each([0, 1])('may be granted with the status %i', (status) => {
    expect(readToken(make({ status }))).toBeDefined();
  });

  it.each([2, 3, 4, 5, 255])('is not granted with the status %i', (status) => {
    expect(() => readToken(make({ status }))).toThrow('it was not granted');
  });

  it('must be there, whole and alone', () => {
    const whole = make();
    for (const bytes of [
      make({ tokenless: true }),
      Buffer.alloc(0),
      whole.subarray(0, -1),
      Buffer.concat([whole, Buffer.of(0)]),
      Buffer.from('<html>'),
      der(0x04, whole),
    ]) {
      expect(() => readToken(bytes)).toThrow();
    }
  });

  it('has nothing beside it', () => {
    for (const tag of [0xa0, 0xa1, 0x30]) {
      const beside = edited((signedData, response) => {
        at(response, 1).subs.splice(1, 0, parsed(der(tag, signedData.toDER())));
      });
      expect(() => readToken(beside)).toThrow('there is something beside it');
      const instead = edited((signedData, response) => {
        at(response, 1).subs.splice(1, 1, parsed(der(tag, signedData.toDER())));
      });
      if (tag === 0xa0) expect(readToken(instead).nonce).toBe(990_001n);
      else expect(() => readToken(instead)).toThrow('there is something beside it');
    }
  });

  it('must be one by both its types', () => {
    const data = '1.2.840.113549.1.7.1';
    for (const wrong of [{ contentType: data }, { contentTypeAttribute: data }]) {
      expect(() => readToken(make(wrong))).toThrow('it is of another type');
    }
    const untyped = edited((signedData) => {
      const rest = attributes(signedData).filter((one) => at(one, 0).toOID() !== TYPE);
      attributes(signedData).splice(0, 3, ...rest);
    });
    expect(() => readToken(untyped)).toThrow('it is of another type');
  });

  it('must be by one signer', () => {
    const twice = edited((signedData) => {
      const signers = at(signedData, -1);
      signers.subs.push(at(signers, 0));
    });
    expect(() => readToken(twice)).toThrow('it has not one signer');
    const none = edited((signedData) => {
      signedData.subs.splice(-1, 1, parsed(der(0x31)));
    });
    expect(() => readToken(none)).toThrow('it has not one signer');
  });

  it('must have each signed attribute once, with one value', () => {
    const repeated = edited((signedData) => {
      attributes(signedData).push(attribute(TYPE, oid(TST_INFO)));
    });
    const twoValues = edited((signedData) => {
      attributes(signedData).push(attribute('1.2.3.4', oid('1.2.3'), oid('1.2.3')));
    });
    const noValue = edited((signedData) => {
      attributes(signedData).push(attribute('1.2.3.4'));
    });
    for (const wrong of [repeated, twoValues, noValue]) {
      expect(() => readToken(wrong)).toThrow('a signed attribute is malformed');
    }
    const more = edited((signedData) => {
      attributes(signedData).push(attribute('1.2.3.4', oid('1.2.3')));
    });
    expect(readToken(more)).toBeDefined();
  });
});

describe('the certificate that a timestamp names', () => {
  it('is that of its authority, and no other', () => {
    const { names } = readToken(make());
    expect(names(tsa.leaf.der)).toBe(true);
    expect(names(tsa.root.der)).toBe(false);
    expect(names(other.leaf.der)).toBe(false);
    expect(readToken(make({ namedCertificate: other.leaf })).names(other.leaf.der)).toBe(true);
  });

  it('must be named', () => {
    expect(isOwn(naming())).toBe(false);
  });

  it('may be named by the older attribute, or by both', () => {
    const older = attribute(CERTIFICATE, list(sequence(hashed('sha1', tsa.leaf.der))));
    const newer = attribute(CERTIFICATE_V2, list(sequence(hashed('sha256', tsa.leaf.der))));
    expect(isOwn(naming(older))).toBe(true);
    expect(isOwn(naming(newer))).toBe(true);
    expect(isOwn(naming(older, newer))).toBe(true);
  });

  it('must be the same in both', () => {
    const right = {
      older: attribute(CERTIFICATE, list(sequence(hashed('sha1', tsa.leaf.der)))),
      newer: attribute(CERTIFICATE_V2, list(sequence(hashed('sha256', tsa.leaf.der)))),
    };
    const wrong = {
      older: attribute(CERTIFICATE, list(sequence(hashed('sha1', other.leaf.der)))),
      newer: attribute(CERTIFICATE_V2, list(sequence(hashed('sha256', other.leaf.der)))),
    };
    expect(isOwn(naming(right.older, wrong.newer))).toBe(false);
    expect(isOwn(naming(wrong.older, right.newer))).toBe(false);
  });

  it.each<[string, Buffer, boolean]>([
    ['by another hash', sequence(sequence(oid(SHA.sha384)), hashed('sha384', tsa.leaf.der)), true],
    ['by SHA-1', sequence(hashed('sha1', tsa.leaf.der)), false],
    ['by MD5', sequence(sequence(oid(SHA.md5)), hashed('md5', tsa.leaf.der)), false],
    [
      'by a hash of another name',
      sequence(sequence(oid(SHA.sha384)), hashed('sha256', tsa.leaf.der)),
      false,
    ],
    ['by a part of its hash', sequence(der(0x04, Buffer.alloc(4))), false],
    ['by no hash', sequence(sequence(oid(SHA.sha384))), false],
    ['by nothing', sequence(), false],
  ])('may be named %s, or may not', (_, id, expected) => {
    expect(isOwn(naming(attribute(CERTIFICATE_V2, list(id))))).toBe(expected);
  });

  it('is the first of several', () => {
    const own = sequence(hashed('sha256', tsa.leaf.der));
    const root = sequence(hashed('sha256', tsa.root.der));
    expect(isOwn(naming(attribute(CERTIFICATE_V2, list(own, root))))).toBe(true);
    expect(isOwn(naming(attribute(CERTIFICATE_V2, list(root, own))))).toBe(false);
  });
});

import type { Random } from '../base/random.ts';
import { copyOf, type Node, nodeOf } from './tree.ts';

/** Numbers that readers take for others, and what is no number at all. */
const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '1.0',
  '1e0',
  '10.0',
  '0.1',
  '1e400',
  '-1e400',
  '1e-400',
  '9007199254740991',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  '4294967296',
  '2147483648',
  '1E+2',
  '100000000000000000000000000000000',
  '0.30000000000000004',
] as const;

const NO_JSON = [
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  '01',
  '+1',
  '.5',
  '1.',
  '0x10',
  '1_000',
  "'text'",
  'TRUE',
  'None',
  '1e',
  '-',
  '/**/1',
  '[1,]',
  '{"a":1,}',
  '\\u0022',
  '',
] as const;

/** Names that mean something to a runtime, a file system or a format. */
export const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'toJSON',
  'hasOwnProperty',
  'length',
  'then',
  'valueOf',
  'mediaType',
  'payload',
  'signatures',
  'sig',
  'name',
  'digest',
  'sha256',
  'publicKey',
  'certificate',
  'x509CertificateChain',
  'tlogEntries',
  'resources',
  'rawBytes',
] as const;

const TEXTS = [
  '',
  ' ',
  '\0',
  '\n',
  '\r\n',
  '\t',
  '\u007f',
  '\u0080',
  '\u00a0',
  '\u200b',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\u{10ffff}',
  '\u{1f600}',
  'é',
  'e\u0301',
  'ﬁ',
  'ı',
  'İ',
  'ß',
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '%s%n',
  '${x}',
  '../../etc/passwd',
  '/',
  '.',
  '..',
  'null',
  'true',
  '0',
  '-1',
  'AAAA',
  '====',
  'A===',
  '-----BEGIN CERTIFICATE-----',
  '<!--',
  "';--",
  '\ud800',
  '\udc00',
  '\ud800\ud800',
  '\u1160',
  '\u3164',
  '\ufff9',
  '\u{e0001}',
  '\u2800',
] as const;

export function hostileNumber(random: Random): Node {
  return { type: 'raw', text: random.pick(NUMBERS) };
}

export function noJson(random: Random): Node {
  return { type: 'raw', text: random.pick(NO_JSON) };
}

export function hostileText(random: Random): string {
  const text = random.pick(TEXTS);
  switch (random.below(6)) {
    case 0:
      return text.repeat(random.size(2_000));
    case 1:
      return `a${text}b`;
    case 2:
      return random.bytes(random.size(40)).toString('latin1');
    default:
      return text;
  }
}

/** A value of another type than what was there, often. */
export function otherValue(node: Node, random: Random): Node {
  const values: readonly Node[] = [
    { type: 'raw', text: 'null' },
    { type: 'raw', text: random.pick(['true', 'false']) },
    hostileNumber(random),
    { type: 'string', text: hostileText(random) },
    { type: 'string', text: node.type === 'raw' ? node.text : '' },
    { type: 'raw', text: node.type === 'string' && node.text !== '' ? node.text : '0' },
    nodeOf([]),
    nodeOf({}),
    { type: 'array', items: [copyOf(node)] },
    nodeOf({ value: 1 }),
  ];
  return random.pick(values);
}

/** A value inside so many others. */
export function nested(node: Node, depth: number, random: Random): Node {
  let inside = node;
  for (let level = 0; level < depth; level++) {
    inside = random.oneIn(2)
      ? { type: 'array', items: [inside] }
      : { type: 'object', members: [{ key: { type: 'string', text: 'a' }, value: inside }] };
  }
  return inside;
}

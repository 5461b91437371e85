import { editDer } from '../asn1/edits.ts';
import { parseOne, write } from '../asn1/tree.ts';
import type { Random } from '../base/random.ts';
import { editTree } from '../json/edits.ts';
import { nodeOf, textOf } from '../json/tree.ts';
import { hostileText } from '../json/values.ts';
import { editBytes } from './bytes.ts';
import { editNote } from './notes.ts';
import { bytesIn, type Slot } from './slots.ts';

/** Changes what is inside of a text, by what it is. */
export function editContent(slot: Slot, random: Random): string {
  const bytes = bytesIn(slot);
  switch (slot.content) {
    case 'json':
      return editJson(bytes, random).toString('base64');
    case 'der':
    case 'pem':
      return editDerBytes(bytes, random).toString('base64');
    case 'bytes':
      return editBytes(bytes, random).toString('base64');
    case 'note':
      return editNote(slot.node.text, random);
    case 'number':
      return otherNumber(slot.node.text, random);
  }
}

function editJson(bytes: Buffer, random: Random): Buffer {
  if (random.oneIn(4)) return editBytes(bytes, random);
  try {
    return Buffer.from(textOf(editTree(nodeOf(JSON.parse(bytes.toString())), random)));
  } catch {
    return editBytes(bytes, random);
  }
}

export function editDerBytes(bytes: Buffer, random: Random): Buffer {
  const tree = random.oneIn(6) ? undefined : parseOne(bytes);
  if (tree === undefined) return editBytes(bytes, random);
  editDer(tree, random);
  return write(tree);
}

function otherNumber(text: string, random: Random): string {
  const near = BigInt(/^[0-9]{1,30}$/.test(text) ? text : 0) + BigInt(random.between(-2, 2));
  const forms = [
    String(near),
    `-${text}`,
    `+${text}`,
    `0${text}`,
    `${text}.0`,
    `${text}e0`,
    ` ${text}`,
    '',
    '0',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551615',
    `0x${text}`,
    `${text}n`,
    String(BigInt.asUintN(64, near << 32n)),
    `${text}\n`,
    hostileText(random),
  ];
  return random.pick(forms);
}

/** Other spellings of what decoders take for the same bytes, and near ones. */
export function respell({ node: { text } }: Slot, random: Random): string {
  const at = random.below(text.length);
  const space = random.pick([' ', '\n', '\r\n', '\t', '\u00a0', '\0', '=', '-', '.', '*']);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = text.replace(/=+$/, '').length - 1;
  const bumped = alphabet[(alphabet.indexOf(text[last] ?? 'A') + 1) % 64] ?? 'A';
  const forms = [
    text.replaceAll('+', '-').replaceAll('/', '_'),
    text.replace(/=+$/, ''),
    `${text}=`,
    `${text}====`,
    `${text}AAAA`,
    `=${text}`,
    text.slice(0, at) + space + text.slice(at),
    `${text}\n`,
    text.replace(/.{76}/g, '$&\n'),
    text.slice(0, last) + bumped + text.slice(last + 1),
    text.slice(0, -1),
    text.toLowerCase(),
    Buffer.from(text).toString('base64'),
    `data:;base64,${text}`,
    `${text.slice(0, at & ~3)}=${text.slice(at & ~3)}`,
    '',
  ];
  return random.pick(forms);
}

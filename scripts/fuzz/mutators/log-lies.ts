import { makeKey } from '../../../test/helpers/pki.ts';
import { type EntryOptions, makeRekor } from '../../../test/helpers/sigstore/rekor.ts';
import { after, SIGNED_AT } from '../../../test/helpers/sigstore/times.ts';
import type { Random } from '../base/random.ts';
import type { Lying } from '../corpus/seed.ts';
import { editTree } from '../json/edits.ts';
import { nodeOf, textOf } from '../json/tree.ts';
import { hostileText } from '../json/values.ts';
import { editBytes } from './bytes.ts';
import { editNote } from './notes.ts';

/** How an entry of a log is to differ, and whether it is still true. */
export function entryOptions(random: Random): Lying<EntryOptions> {
  const key = makeKey('P-256');
  const text = hostileText(random);
  const lies: readonly EntryOptions[] = [
    { promise: (right) => ({ ...right, integratedTime: right.integratedTime + 1 }) },
    { promise: (right) => ({ ...right, logIndex: right.logIndex + 1 }) },
    { promise: (right) => ({ ...right, body: '' }) },
    { promise: (right) => ({ ...right, logID: '00' }) },
    { promise: (right) => right, promiseKey: key },
    { proofless: true },
    { before: 0, log: { ...makeRekor({ version: 1 }), firstIndex: 2 ** 53 } },
    { log: makeRekor({ version: random.pick([1, 2]) }) },
  ];
  const truths: readonly EntryOptions[] = [
    {},
    { before: random.size(40), after: random.size(40) },
    { time: after(SIGNED_AT, random.between(-700, 1_400)) },
    { kind: random.pick(['dsse 0.0.1', 'dsse 0.0.2', 'hashedrekord 0.0.2']) },
    { promise: null },
    { promise: (right) => right },
  ];
  // Whether these are still true is looked at when they are made.
  const changes: readonly EntryOptions[] = [
    { note: (right) => editNote(right, random) },
    { noteName: random.pick(['example.com', 'rekor.example.com', 'ekor.example', '']) },
    { noteKeyId: random.bytes(4) },
    { noteKey: key },
    { noteSignatures: (right) => editNote(right, random) },
    { body: (right) => JSON.parse(textOf(editTree(nodeOf(right), random)) || '{}') },
    { text: (right) => editBytes(Buffer.from(right), random).toString('latin1') },
    { text: (right) => textOf(editTree(nodeOf(JSON.parse(right)), random)) },
    { signed: { payload: Buffer.from(text) } },
    { signed: { signature: random.bytes(70) } },
    { signed: { certificate: random.bytes(300) } },
    { kind: random.pick(['hashedrekord 0.0.1', 'intoto 0.0.2']) },
  ];
  const isTrue = !random.oneIn(3);
  // What is said rightly may still not be enough, or not be good then.
  const options = random.oneIn(3) ? safely(random.pick(changes)) : random.pick(truths);
  return {
    isTrue,
    options: { ...random.pick(truths), ...options, ...(isTrue ? {} : random.pick(lies)) },
  };
}

/** A body that was edited into what is no JSON at all is left out. */
function safely(options: EntryOptions): EntryOptions {
  const { body, text } = options;
  return {
    ...options,
    ...(body && { body: (right) => orSame(body, right) }),
    ...(text && { text: (right) => orSame(text, right) }),
  };
}

function orSame<T>(change: (right: T) => T, right: T): T {
  try {
    return change(right);
  } catch {
    return right;
  }
}

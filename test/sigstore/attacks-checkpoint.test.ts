import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/format/bundle.ts';
import { makeKey } from '../helpers/pki.ts';
import { b64, sha256 } from '../helpers/sigstore/bytes.ts';
import { CHECKPOINT, PROOF, withPartOf, withText, withValue } from '../helpers/sigstore/edit.ts';
import { noteSignature } from '../helpers/sigstore/rekor.ts';
import { check, expectRefusal, instance } from './helpers.ts';
import { bundles, VERSIONS, withEntry } from './logged.ts';

const code = 'LOG_ENTRY_INVALID';

describe.each(VERSIONS)('a checkpoint of Rekor v%i', (version) => {
  const good = bundles[version];
  const own = version === 1 ? instance.rekor1 : instance.rekor2;
  const refuse = (bad: Bundle): void => expectRefusal({ good, bad, code });
  const change = (edit: (text: string) => string): void => refuse(withText(good, CHECKPOINT, edit));

  it('must be there with its proof', () => {
    expectRefusal({
      good,
      bad: withValue(good, [...PROOF, 'checkpoint'], undefined),
      code: 'BUNDLE_MALFORMED',
    });
    refuse(withText(good, CHECKPOINT, () => ''));
  });

  it.each([
    ['a line', (text: string) => text.replace('\n\n', '\nmore\n\n')],
    ['a space', (text: string) => text.replace('\n', ' \n')],
    ['a carriage return', (text: string) => text.replace('\n', '\r\n')],
    ['a line before it', (text: string) => `\n${text}`],
  ])('must not be given %s', (_, edit) => {
    change(edit);
  });

  it('must not be altered in its origin', () => {
    change((text) => text.replace(own.origin, `x${own.origin}`));
    change((text) => text.replace(own.origin, 'other.example - 1234'));
  });

  it('must not be altered in its size', () => {
    change((text) => text.replace('\n13\n', '\n12\n'));
    change((text) => text.replace('\n13\n', '\n14\n'));
    change((text) => text.replace('\n13\n', '\n013\n'));
  });

  it('must not be altered in its hash', () => {
    change((text) => text.replace(/^(.*\n13\n)(.*)\n/, `$1${b64(sha256('another tree'))}\n`));
  });

  it('must not be of another tree of the same log', () => {
    refuse(withPartOf(good, withEntry(version, {}), CHECKPOINT));
  });

  it('must not be altered together with the proof beside it', () => {
    const root = b64(sha256('another tree'));
    const bad = withText(good, CHECKPOINT, (text) => text.replace(/\n13\n.*\n/, `\n13\n${root}\n`));
    refuse(withValue(bad, [...PROOF, 'rootHash'], root));
  });

  it('must be signed', () => {
    change((text) => text.slice(0, text.indexOf('\n\n') + 2));
    change((text) => text.slice(0, text.indexOf('\n\n') + 1));
    refuse(withEntry(version, { noteSignatures: () => '\n' }));
  });

  it('must be signed by the log', () => {
    refuse(withEntry(version, { noteKey: makeKey(version === 1 ? 'P-256' : 'Ed25519') }));
    refuse(withEntry(version, { noteKey: makeKey(version === 1 ? 'Ed25519' : 'P-256') }));
  });

  it('must not be signed by witnesses alone', () => {
    const witness = noteSignature('witness.example', Buffer.alloc(4, 1), Buffer.alloc(72, 2));
    refuse(withEntry(version, { noteSignatures: () => witness }));
    expect(check(withEntry(version, { noteSignatures: (line) => line + witness }))).toBeDefined();
    expect(check(withEntry(version, { noteSignatures: (line) => witness + line }))).toBeDefined();
  });

  it.each(['other.example', 'example', 'e', '/', 'https:', 'rekor', '.*'])(
    'must not be signed in the name of %s, with the key of the log',
    (noteName) => {
      refuse(withEntry(version, { noteName }));
    },
  );

  it('must not be signed under another key id', () => {
    refuse(withEntry(version, { noteKeyId: Buffer.alloc(4) }));
  });

  it.each([
    ['nothing', (line: string) => line.replace(/ \S+\n$/, ' \n')],
    ['a key id alone', (line: string) => line.replace(/ (\S{4})\S+\n$/, ' $1AA==\n')],
    ['what is not base64', (line: string) => line.replace(/ \S+\n$/, ' ****\n')],
    ['base64 in another spelling', (line: string) => line.replace(/=*\n$/, '===\n')],
    ['a hyphen in place of the dash', (line: string) => line.replace('—', '-')],
    ['no end of its line', (line: string) => line.trimEnd()],
  ])('must not have a signature with %s', (_, noteSignatures) => {
    refuse(withEntry(version, { noteSignatures }));
  });

  it('must be of the tree that the proof is of, even where the log signed it', () => {
    refuse(withEntry(version, { note: (text) => text.replace('\n13\n', '\n12\n') }));
    refuse(withEntry(version, { note: (text) => text.replace('\n13\n', '\n5\n') }));
    refuse(withEntry(version, { note: (text) => text.replace('\n13\n', '\n0\n') }));
    refuse(
      withEntry(version, {
        note: (text) => text.replace(/\n13\n.*\n/, `\n13\n${b64(sha256(''))}\n`),
      }),
    );
  });

  it.each([
    ['0x0d', '0xd'],
    ['+13', '\\+13'],
    ['13.0', '13\\.0'],
    ['1e1', '1e1'],
    [' 13', ' 13'],
    ['', ''],
    ['-13', '-13'],
  ])('must not have the size "%s", even where the log signed it', (size) => {
    refuse(withEntry(version, { note: (text) => text.replace('\n13\n', `\n${size}\n`) }));
  });

  it('must not lack a line, even where the log signed it', () => {
    refuse(withEntry(version, { note: (text) => text.replace('\n13\n', '\n') }));
    refuse(withEntry(version, { note: () => `${own.origin}\n13\n` }));
    refuse(withEntry(version, { note: () => `${own.origin}\n` }));
  });

  it('must be of this log, even where a log with the same key signed it', () => {
    refuse(withEntry(version, { note: (text) => text.replace(own.origin, 'other.example') }));
  });
});

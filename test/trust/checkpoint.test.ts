import { describe, expect, it } from 'vitest';
import type { InclusionProof } from '../../src/format/log-entry.ts';
import { checkCheckpoint } from '../../src/trust/checkpoint.ts';
import { ALWAYS } from '../../src/trust/validity.ts';
import { logKey } from '../helpers/trust.ts';
import { failure } from './helpers.ts';

const ROOT = Buffer.alloc(32, 7);
const HASH = ROOT.toString('base64');
const SIGNATURE = '— rekor.example c2lnbmF0dXJl\n';

/** Checks a text, by default as one of `https://rekor.example` over nine entries. */
function check(checkpoint: string, baseUrl = 'https://rekor.example'): void {
  const proof: InclusionProof = {
    logIndex: 5n,
    rootHash: ROOT,
    treeSize: 9n,
    hashes: [],
    checkpoint,
  };
  const ids = [Buffer.alloc(32, 1)];
  checkCheckpoint(proof, { baseUrl, operator: '', ids, key: logKey, validity: ALWAYS });
}

/** A checkpoint with other lines than a right one. */
function note(lines: {
  readonly origin?: string;
  readonly size?: string;
  readonly hash?: string;
  readonly more?: string;
  readonly signatures?: string;
}): string {
  const { origin = 'rekor.example', size = '9', hash = HASH, more = '' } = lines;
  return `${origin}\n${size}\n${hash}\n${more}\n${lines.signatures ?? SIGNATURE}`;
}

const refused = (what: string | RegExp): unknown => failure('LOG_ENTRY_INVALID', what);

describe('a checkpoint', () => {
  it('names its log, and agrees with the proof', () => {
    expect(() => check(note({}))).not.toThrow();
    expect(() => check(note({ origin: 'rekor.example - 1193050959916656506' }))).not.toThrow();
    expect(() => check(note({ more: 'Timestamp: 1762171202\n' }))).not.toThrow();
  });

  it.each([
    'rekor.example.evil',
    'rekor.exampleX',
    'rekor.example - ',
    'rekor.example - 12x',
    'rekor.example - 1 - 2',
    'rekor.example -1',
    'rekor.example  - 1',
    'rekor.example - 123456789012345678901',
    'rekor.example.evil - 1234',
    'evil - 1234',
    ' - 1234',
    'evil.rekor.example',
    'Rekor.example',
    ' rekor.example',
    '',
  ])('must not have the origin %j', (origin) => {
    expect(() => check(note({ origin }))).toThrow(refused(/of another log|malformed/));
  });

  it.each(['8', '10', '09', '9.0', '+9', '9 ', '', '-9'])('must not be of %j entries', (size) => {
    expect(() => check(note({ size }))).toThrow(refused(/of a tree of another size|malformed/));
  });

  it.each([
    Buffer.alloc(32, 8).toString('base64'),
    HASH.replace('=', ''),
    `${HASH} `,
    ROOT.toString('hex'),
    '',
  ])('must not have the root hash %j', (hash) => {
    expect(() => check(note({ hash }))).toThrow(refused(/of another tree|malformed/));
  });

  it('must not lack what it is about', () => {
    expect(() => check(`rekor.example\n9\n\n${SIGNATURE}`)).toThrow(refused('of another tree'));
    expect(() => check(`rekor.example\n\n${SIGNATURE}`)).toThrow(refused('of another size'));
  });
});

describe('the signatures of a checkpoint', () => {
  it('may be several, of which one is by the log', () => {
    const witness = '— witness.example c2lnbmF0dXJl\n';
    expect(() => check(note({ signatures: witness + SIGNATURE }))).not.toThrow();
    expect(() => check(note({ signatures: SIGNATURE + witness }))).not.toThrow();
    expect(() => check(note({ signatures: witness }))).toThrow(
      refused('signed by another log: expected "rekor.example", found "witness.example"'),
    );
  });

  it.each<[string, string]>([
    ['none', ''],
    ['an empty line', '\n'],
    ['one without the end of its line', SIGNATURE.trimEnd()],
    ['one, and one without the end of its line', SIGNATURE + SIGNATURE.trimEnd()],
    ['one and an empty line', `${SIGNATURE}\n`],
    ['one, an empty line and another', `${SIGNATURE}\n${SIGNATURE}`],
    ['one with a hyphen in place of the dash', SIGNATURE.replace('—', '-')],
    ['one without a dash', SIGNATURE.replace('— ', '')],
    ['one with two spaces', SIGNATURE.replace('— ', '—  ')],
    ['one without a name', '— c2lnbmF0dXJl\n'],
    ['one with a space in its name', '— rekor .example c2lnbmF0dXJl\n'],
    ['one with a plus in its name', '— rekor+example c2lnbmF0dXJl\n'],
    ['one with something before it', `x${SIGNATURE}`],
    ['one with something behind it', SIGNATURE.replace('\n', ' x\n')],
    ['one with a carriage return', SIGNATURE.replace('\n', '\r\n')],
    ['one that is not in base64', SIGNATURE.replace('c2ln', '!!!!')],
    ['one in base64 that is cut', SIGNATURE.replace('c2lnbmF0dXJl', 'c2lnb')],
    ['one in base64 with loose bits', SIGNATURE.replace('c2lnbmF0dXJl', 'c2lnbmF0dXJlYR==')],
    ['one, and one that is malformed', `${SIGNATURE}malformed\n`],
    ['one, and one with a space in its name', `${SIGNATURE}— a b c2lnbmF0dXJl\n`],
    ['one, and one with a plus in its name', `${SIGNATURE}— a+b c2lnbmF0dXJl\n`],
  ])('must not be %s', (_, signatures) => {
    expect(() => check(note({ signatures }))).toThrow(refused(''));
  });

  it('are shown where they are malformed', () => {
    for (const signatures of ['— a b c2lnbmF0dXJl\n', '— c2lnbmF0dXJl\n', 'x\n']) {
      expect(() => check(note({ signatures: SIGNATURE + signatures }))).toThrow(
        refused(`malformed: expected "a signature line", found "${signatures.trim()}"`),
      );
    }
    const cut = SIGNATURE.replace('c2lnbmF0dXJl', 'c2lnb');
    expect(() => check(note({ signatures: cut }))).toThrow(
      refused('inclusionProof.checkpoint: expected canonical base64'),
    );
  });

  it('must be there at all', () => {
    const body = `rekor.example\n9\n${HASH}\n`;
    for (const text of ['', 'rekor.example', body, `${body}\n`]) {
      expect(() => check(text)).toThrow(refused('malformed'));
    }
  });
});

describe('the name of a log in its checkpoints', () => {
  const named = (name: string): string =>
    note({ origin: name, signatures: `— ${name} c2lnbmF0dXJl\n` });

  it.each([
    ['https://rekor.example', 'rekor.example'],
    ['https://rekor.example/', 'rekor.example'],
    ['https://rekor.example//', 'rekor.example'],
    ['HTTPS://rekor.example', 'rekor.example'],
    ['rekor.example', 'rekor.example'],
    ['https://rekor.example/logs/2025', 'rekor.example/logs/2025'],
    ['https://rekor.example/logs/2025/', 'rekor.example/logs/2025'],
    ['https://rekor.example/logs/2025//', 'rekor.example/logs/2025'],
    ['https://rekor.example/logs/2025', 'rekor.example'],
    ['http://localhost:3003', 'localhost:3003'],
    ['http://localhost:3003', 'localhost'],
    ['http://localhost:3003/log', 'localhost'],
  ])('of %s may be %s', (baseUrl, name) => {
    expect(() => check(named(name), baseUrl)).not.toThrow();
  });

  it.each([
    ['https://rekor.example', 'https://rekor.example'],
    ['https://rekor.example', 'rekor.example:443'],
    ['https://rekor.example', 'example'],
    ['https://rekor.example', 'rekor'],
    ['https://rekor.example/logs/2025', 'rekor.example/logs'],
    ['https://rekor.example/logs/2025', 'logs/2025'],
    ['http://localhost:3003', 'localhost:3004'],
    ['http://localhost:3003', '3003'],
    ['http://[fe80::1]/', '[fe80:]'],
    ['logs/at+https://rekor.example', 'logs/rekor.example'],
  ])('of %s must not be %s', (baseUrl, name) => {
    expect(() => check(named(name), baseUrl)).toThrow(refused('signed by another log'));
  });

  it('is none where the trusted root gives no URL', () => {
    for (const name of ['rekor.example', ':', '-']) {
      expect(() => check(named(name), '')).toThrow(refused('gives no URL for the log'));
    }
  });

  it('is the same in its first line and in its signature', () => {
    const baseUrl = 'http://localhost:3003';
    const signatures = '— localhost c2lnbmF0dXJl\n';
    expect(() => check(note({ origin: 'localhost:3003', signatures }), baseUrl)).toThrow(
      refused('of another log'),
    );
  });
});

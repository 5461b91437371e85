import { OmsError } from '../errors.ts';
import { flawInName } from '../model/names.ts';
import { quoted } from '../printable.ts';
import { PAYLOAD_TYPE } from './dsse.ts';
import { Fields } from './fields.ts';
import { type Manifest, type Resource, rootDigestOf } from './manifest.ts';
import { SINGLE_FILE } from './predicate.ts';

/**
 * The predicate type of `model_signing` 0.2.0 (§5.1, §11). It comes with the certificate method and
 * with {@link legacyPae} only; none of the three is accepted without the other two, and nothing is
 * ever produced in this form.
 */
export const LEGACY_PREDICATE_TYPE = 'https://model_signing/Digests/v0.1';

/** ECDSA was always used with this hash then, whatever the curve. */
export const LEGACY_SIGNATURE_HASH = 'sha256';

/** How much of the payload is rewritten at a time. */
const STEP = 64 * 1024;

/**
 * The text that 0.2.0 signed in place of the pre-authentication encoding: another version word, and
 * the payload as Python prints a bytes value, `b'…'` with escapes. In parts, to be hashed in turn.
 */
export function* legacyPae(payload: Uint8Array): Generator<Buffer> {
  // Python quotes with ' unless the bytes hold a ' and no ".
  const quote = payload.includes(0x27) && !payload.includes(0x22) ? '"' : "'";
  yield Buffer.from(`DSSEV1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} b${quote}`);
  for (let at = 0; at < payload.length; at += STEP) {
    const text = Buffer.from(payload.subarray(at, at + STEP)).toString('latin1');
    yield Buffer.from(escapeAsPython(text, quote));
  }
  yield Buffer.from(quote);
}

function escapeAsPython(text: string, quote: string): string {
  return text.replace(/[^ !#-&(-[\]-~]/g, (character) => {
    switch (character) {
      case '\\':
        return '\\\\';
      case '\t':
        return '\\t';
      case '\n':
        return '\\n';
      case '\r':
        return '\\r';
      case "'":
      case '"':
        return character === quote ? `\\${character}` : character;
      default:
        return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
    }
  });
}

const CODE = 'STATEMENT_MALFORMED';

/**
 * Reads the manifest of a 0.2.0 statement: the files are the subjects, the predicate is a dummy,
 * and there is neither a root digest nor any parameter, so those of its time apply.
 */
export function readLegacyManifest(root: Fields): Manifest {
  root.object('predicate');
  const subjects = root.array('subject');
  if (subjects.length === 0) throw root.error('subject', 'at least one file');
  const seen = new Set<string>();
  const resources = subjects.map((entry, index): Resource => {
    const subject = new Fields(entry, `subject[${index}]`, CODE);
    const name = subject.string('name');
    const digests = subject.object('digest');
    const digest = digests.string('sha256');
    const isSingle = name === SINGLE_FILE && subjects.length === 1;
    const flaw = isSingle ? undefined : flawInName(name);
    if (flaw !== undefined) {
      throw new OmsError(CODE, `subject[${index}].name is not a canonical name: ${flaw}`, {
        found: quoted(name),
      });
    }
    if (!/^[0-9a-f]{64}$/.test(digest)) throw digests.error('sha256', '64 lower-case hex digits');
    if (seen.has(name)) throw new OmsError(CODE, `subject names ${quoted(name)} twice`);
    seen.add(name);
    return { name, path: name, start: 0, end: undefined, digest };
  });
  return {
    name: '',
    serialization: {
      hashAlgorithm: 'sha256',
      shardSize: undefined,
      allowSymlinks: false,
      ignorePaths: [],
    },
    resources,
    rootDigest: rootDigestOf(resources),
  };
}

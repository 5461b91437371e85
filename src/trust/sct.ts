import { OmsError } from '../errors.ts';
import { quoted } from '../printable.ts';
import { parseDer } from './asn1.ts';
import type { Certificate } from './certificate.ts';
import type { Log } from './trusted-root.ts';
import { covers } from './validity.ts';

/** The extension that holds a certificate's timestamps (RFC 6962 §3.3). */
const OID_SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';

/** Version 1, the only one (RFC 6962 §3.2). */
const V1 = 0;

const LOG_ID_BYTES = 32;

/**
 * Holds that a certificate has timestamps (SCT), all of trusted logs whose keys were good at each of
 * the times: a log dates its timestamps itself, so their own dates cannot tell. The signatures are
 * for the caller to verify.
 *
 * @throws {OmsError} `CERTIFICATE_REFUSED`
 */
export function checkCertificateLogs(
  leaf: Certificate,
  logs: readonly Log[],
  times: readonly Date[],
): void {
  const ids = readLogIds(leaf);
  for (const id of ids) {
    const known = logs.filter((log) => log.ids.some((other) => Buffer.compare(other, id) === 0));
    if (known.length === 0) {
      throw refused('a certificate log that is not in the trusted root has it', {
        expected: logs.map(({ baseUrl }) => quoted(baseUrl, 60)).join(' or ') || 'no log at all',
        found: `the log ${id.toString('hex')}`,
      });
    }
    const late = times.find((time) => !known.some(({ validity }) => covers(validity, time)));
    if (late !== undefined) {
      throw refused('its certificate log was not trusted any more, or not yet', {
        expected: `a log that was trusted on ${late.toISOString()}`,
        found: quoted(known[0]?.baseUrl ?? '', 80),
      });
    }
  }
}

function readLogIds(leaf: Certificate): readonly Buffer[] {
  const extension = leaf.extensions.get(OID_SCT_LIST);
  if (extension === undefined) {
    throw refused('it has no timestamp of a certificate log (SCT)', { found: 'none' });
  }
  try {
    return [...split(Buffer.from(parseDer(extension).value))].map(readLogId);
  } catch (cause) {
    throw refused('its timestamps (SCT) are malformed', { cause });
  }
}

/** RFC 6962 §3.3: a list with its length before it, of entries with their lengths before them. */
function* split(list: Buffer): Generator<Buffer> {
  let at = 2;
  if (list.readUInt16BE(0) !== list.length - at || list.length === at) throw new Error('length');
  while (at < list.length) {
    const start = at + 2;
    at = start + list.readUInt16BE(at);
    if (at > list.length) throw new Error('length');
    yield list.subarray(start, at);
  }
}

/** RFC 6962 §3.2: the version, then the hash of the log's key. */
function readLogId(sct: Buffer): Buffer {
  if (sct.readUInt8(0) !== V1 || sct.length <= LOG_ID_BYTES) throw new Error('version');
  return sct.subarray(1, 1 + LOG_ID_BYTES);
}

function refused(
  what: string,
  details: { readonly expected?: string; readonly found?: string; readonly cause?: unknown },
): OmsError {
  return new OmsError('CERTIFICATE_REFUSED', `the signing certificate is refused: ${what}`, {
    hint: 'check that the trusted root is of the Sigstore instance that the signer used',
    ...details,
  });
}

import type { JsonObject } from '../../src/format/json.ts';

/**
 * A transparency log entry as it stands in a bundle, right in its form, but of no log and over
 * nothing: for tests of what is done before anything is verified.
 */
export function logEntry(members: JsonObject = {}): JsonObject {
  return {
    logIndex: '1007',
    logId: { keyId: base64(32, 1) },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: '1762171200',
    inclusionPromise: { signedEntryTimestamp: base64(70, 2) },
    inclusionProof: {
      logIndex: '7',
      rootHash: base64(32, 3),
      treeSize: '9',
      hashes: [base64(32, 4), base64(32, 5)],
      checkpoint: { envelope: 'log.example.com\n9\nroot\n\n— log.example.com c2lnbmF0dXJl\n' },
    },
    canonicalizedBody: Buffer.from('{"kind":"dsse"}').toString('base64'),
    ...members,
  };
}

export function base64(length: number, byte: number): string {
  return Buffer.alloc(length, byte).toString('base64');
}

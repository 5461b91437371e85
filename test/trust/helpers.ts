import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { findChain } from '../../src/trust/chain.ts';
import { type Issued, parsed } from '../helpers/pki.ts';

/** What `toThrow` compares with: an error with this code and this part in its message. */
export function failure(code: ErrorCode, part: string | RegExp): unknown {
  const message =
    typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part);
  return expect.objectContaining({ name: 'OmsError', code, message });
}

export function refusal(part: string | RegExp): unknown {
  return failure('CERTIFICATE_REFUSED', part);
}

/** The message when no certificate leads to an anchor. */
export const UNCONNECTED = 'does not lead to a trusted certificate';

/** The common names of the chain that is found. */
export function find(
  leaf: Issued,
  others: readonly Issued[],
  anchors: readonly Issued[],
  time = new Date(),
): string[] {
  const chain = findChain(parsed(leaf), others.map(parsed), anchors.map(parsed), time);
  return chain.map(({ subject }) => subject.replace('CN=', ''));
}

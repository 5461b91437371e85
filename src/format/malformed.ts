import { type ErrorCode, type ErrorDetails, OmsError } from '../errors.ts';

/** The two documents of this folder, as messages call them, by the code of their errors. */
const DOCUMENTS: Partial<Record<ErrorCode, string>> = {
  BUNDLE_MALFORMED: 'the signature file is not a valid bundle',
  STATEMENT_MALFORMED: 'the signed statement is not valid',
};

/**
 * An error about one place in a document.
 *
 * @param where a path such as `dsseEnvelope.signatures[0]`; empty for the document itself.
 */
export function malformed(code: ErrorCode, where: string, details: ErrorDetails): OmsError {
  const summary = [DOCUMENTS[code], where].filter(Boolean).join(': ');
  return new OmsError(code, summary, details);
}

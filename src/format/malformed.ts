import { type ErrorCode, type ErrorDetails, OmsError } from '../errors.ts';

/** The documents that are read, as messages call them, by the code of their errors. */
const DOCUMENTS: Partial<Record<ErrorCode, string>> = {
  BUNDLE_MALFORMED: 'the signature file is not a valid bundle',
  STATEMENT_MALFORMED: 'the signed statement is not valid',
  LOG_ENTRY_INVALID: 'the log entry is not valid',
  TRUST_UNUSABLE: 'the trust configuration is not valid',
};

/** What the reader of a damaged file can do; a statement that is signed so only its signer can mend. */
export function hintFor(code: ErrorCode): { readonly hint?: string } {
  return code === 'BUNDLE_MALFORMED'
    ? { hint: 'the file is damaged, or is not a signature; get it again from the signer' }
    : {};
}

/**
 * An error about one place in a document.
 *
 * @param where a path such as `dsseEnvelope.signatures[0]`; empty for the document itself.
 */
export function malformed(code: ErrorCode, where: string, details: ErrorDetails): OmsError {
  const summary = [DOCUMENTS[code], where].filter(Boolean).join(': ');
  return new OmsError(code, summary, { ...hintFor(code), ...details });
}

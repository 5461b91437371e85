import { OmsError } from '../../../src/index.ts';
import type { Input } from '../base/input.ts';
import type { Finding } from '../oracle/finding.ts';
import { findingOf } from '../oracle/judge.ts';
import { describeThrown, flawsInError } from '../oracle/message.ts';
import { PARSERS } from './documents.ts';

/** Reads the document of an input: it is read, or refused with an error of ours. */
export function judgeDocument(input: Input): Finding[] {
  const { document } = input;
  if (document === undefined) return [];
  const { kind, bytes } = document;
  try {
    PARSERS[kind](bytes);
    return [];
  } catch (error) {
    if (error instanceof OmsError && error.code !== 'INTERNAL') {
      return flawsInError(error).map((what) =>
        findingOf(input, 'unsafe message', `${kind}: ${what}`),
      );
    }
    return [findingOf(input, 'foreign error', `${kind}: ${describeThrown(error)}`)];
  }
}

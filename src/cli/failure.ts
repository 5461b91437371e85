import { inspect as show } from 'node:util';
import { MismatchError } from '../api/mismatch.ts';
import { OmsError, type Outcome, reasonOf } from '../errors.ts';
import type { Difference } from '../format/diff.ts';
import { count, listing, serializationJson, signerJson, signerLines } from './describe.ts';
import type { CommonOptions, Report } from './session.ts';

/** The first word of a failure, so that "not good" is never mistaken for "not checked". */
const VERDICTS: Readonly<Record<Outcome, string>> = {
  refused: 'Refused',
  usage: 'Wrong usage',
  unchecked: 'Could not be checked',
};

/** Makes an error of ours of anything that was thrown. */
export function toOmsError(error: unknown): OmsError {
  if (error instanceof OmsError) return error;
  return new OmsError('INTERNAL', 'an unexpected error', {
    found: reasonOf(error),
    hint: 'this is a fault of oms: please report it, with what --log-level DEBUG prints',
    cause: error,
  });
}

/** What is told of a failure: text goes to standard error, the object to standard output. */
export function describeFailure(
  command: string,
  error: OmsError,
  exitCode: number,
  options: CommonOptions,
): Report {
  return {
    command,
    exitCode,
    json: { error: errorJson(error) },
    text: errorText(command, error, options),
  };
}

function errorText(command: string, error: OmsError, options: CommonOptions): readonly string[] {
  const verdict =
    command === 'sign' && error.outcome !== 'usage' ? 'Not signed' : VERDICTS[error.outcome];
  return [
    `${verdict}: ${error.message}`,
    ...(error.hint === undefined ? [] : [`  ${error.hint}`]),
    ...(error instanceof MismatchError ? mismatchText(error, options) : []),
  ];
}

function mismatchText({ diff, signer }: MismatchError, { verbose }: CommonOptions): string[] {
  const kinds = [
    ['changed', diff.changed],
    ['missing', diff.missing],
    ['extra', diff.extra],
  ] as const;
  return [
    ...signerLines(signer).map(([label, value]) => `  ${label}: ${value}`),
    ...kinds.flatMap(([kind, differences]) =>
      listing(
        `  ${count(differences.length, 'path')} ${kind}:`,
        differences.map(differenceText),
        verbose,
      ),
    ),
  ];
}

function differenceText({ name, expected, found, note }: Difference): string {
  const digests = expected !== undefined && found !== undefined;
  const details = [
    note ?? '',
    digests ? `expected ${short(expected)}, found ${short(found)}` : '',
  ].filter((part) => part !== '');
  return details.length === 0 ? name : `${name}  (${details.join('; ')})`;
}

/** Enough of a digest to compare by eye; `--json` has all of it. */
function short(digest: string): string {
  return `${digest.slice(0, 12)}…`;
}

function errorJson(error: OmsError): Record<string, unknown> {
  const { code, outcome, message, expected, found, hint } = error;
  return {
    code,
    outcome,
    message,
    expected,
    found,
    hint,
    ...(error instanceof MismatchError
      ? {
          signer: signerJson(error.signer),
          rootDigest: `sha256:${error.manifest.rootDigest}`,
          serialization: serializationJson(error.manifest.serialization),
          diff: error.diff,
        }
      : {}),
  };
}

/** Stack and causes, for `--log-level DEBUG`. */
export function describeCause(error: OmsError): readonly string[] {
  return show(error, { depth: 4 }).split('\n');
}

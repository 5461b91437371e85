import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { OmsError } from '../errors.ts';
import { isOn } from '../identity/source.ts';
import { readPrivately, replacePrivately } from '../roots/private-file.ts';
import { ask } from './ask.ts';
import { cacheDirectoryIn } from './cache-directory.ts';
import { type Session, say } from './session.ts';
import { isAttended } from './token-origin.ts';

/**
 * Says, before the first signature of this user in a log, what cannot be taken back: the identity
 * goes there for good. Asks whether to go on, and remembers the answer for this log.
 *
 * @param logs URLs of the logs.
 * @throws {OmsError} `ABORTED`
 */
export async function askForConsent(
  logs: readonly string[],
  yes: boolean,
  session: Session,
): Promise<void> {
  if (yes || isContinuousIntegration(session) || !isAttended(session)) return;
  const marker = cacheDirectoryIn(session.env, 'log-notice-accepted');
  const accepted = acceptedIn(marker);
  if (logs.every((url) => accepted.includes(url))) return;
  say(session, [
    `Your identity and this signature will be written to the log ${logs.join(' and ')},`,
    'and your certificate to a log of certificates. They stay there for ever, for everybody who',
    'can read these logs; nobody can take them back.',
  ]);
  const unanswered = 'the question was not answered';
  const answer = await ask({ prompt: 'Go on? [y/N] ', unanswered }, session);
  if (!/^y(?:es)?$/i.test(answer.trim())) {
    throw new OmsError('ABORTED', 'you did not agree', {
      hint: 'answer y, or give --yes; a signature with --private-key goes to no log',
    });
  }
  if (marker !== undefined) remember(marker, [...new Set([...accepted, ...logs])]);
}

function isContinuousIntegration({ env }: Session): boolean {
  return isOn(env['CI']);
}

/** No list of logs is longer. */
const MAX_MARKER_BYTES = 64 * 1024;

/**
 * URLs of logs, one a line. What cannot be read or kept, or is not the user's own regular file, only
 * means that the question comes again.
 */
function acceptedIn(marker: string | undefined): readonly string[] {
  if (marker === undefined) return [];
  try {
    return readPrivately(marker, MAX_MARKER_BYTES).toString().split('\n');
  } catch {
    return [];
  }
}

function remember(marker: string, urls: readonly string[]): void {
  try {
    mkdirSync(dirname(marker), { recursive: true, mode: 0o700 });
    replacePrivately(marker, urls.join('\n'));
  } catch {
    // As above: the question comes again.
  }
}

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { OmsError } from '../errors.ts';
import { cacheDirectoryIn } from './cache-directory.ts';
import { releaseInput, type Session, SIGNALS, say } from './session.ts';
import { isAttended } from './token-origin.ts';

/**
 * Says, before the first signature at this terminal, what cannot be taken back: the identity goes
 * to a log for good. Asks whether to go on, and remembers the answer.
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
  const marker = markerOf(session);
  if (marker !== undefined && exists(marker)) return;
  say(session, [
    `Your identity and this signature will be written to the log ${logs.join(' and ')}.`,
    'They stay there for ever, for everybody who can read the log; nobody can take them back.',
  ]);
  const answer = await ask(session);
  if (!/^y(?:es)?$/i.test(answer.trim())) {
    throw new OmsError('ABORTED', 'it was not agreed to', {
      hint: 'answer y, or give --yes; a signature with --private-key goes to no log',
    });
  }
  if (marker !== undefined) remember(marker);
}

function isContinuousIntegration({ env }: Session): boolean {
  return !['', '0', 'false', undefined].includes(env['CI']);
}

async function ask(session: Session): Promise<string> {
  const { read } = await import('read');
  try {
    return await read({
      prompt: 'Go on? [y/N] ',
      input: session.stdin,
      output: session.stderr,
    });
  } catch (cause) {
    session.interruptedBy = SIGNALS.SIGINT;
    throw new OmsError('ABORTED', 'the question was not answered', { cause });
  } finally {
    releaseInput(session);
  }
}

function markerOf({ env }: Session): string | undefined {
  return cacheDirectoryIn(env, 'log-notice-accepted');
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Forgetting it only means that the question comes again. */
function remember(marker: string): void {
  try {
    mkdirSync(dirname(marker), { recursive: true, mode: 0o700 });
    writeFileSync(marker, '');
  } catch {
    // As above.
  }
}

import { isEncrypted } from '../trust/keys.ts';
import { ask } from './ask.ts';
import type { Session } from './session.ts';

/** Keeps the password out of the list of processes, where `--password` shows it. */
export const PASSWORD_VARIABLE = 'OMS_PASSWORD';

/**
 * The password of a private key: as given, else from the environment, else asked for on a terminal.
 * A key that is not encrypted needs none, and nobody is asked.
 */
export async function findPassword(
  key: Uint8Array,
  given: string | undefined,
  session: Session,
): Promise<string | undefined> {
  if (given !== undefined) return given;
  if (!isEncrypted(key)) return undefined;
  const fromEnvironment = session.env[PASSWORD_VARIABLE];
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (!session.stdin.isTTY || !session.stderr.isTTY) return undefined;
  const prompt = 'Password of the private key: ';
  return ask({ prompt, silent: true, unanswered: 'no password was given' }, session);
}

import { OmsError } from '../errors.ts';
import { isEncrypted } from '../trust/keys.ts';
import { type Session, SIGNALS } from './session.ts';

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
  return session.stdin.isTTY && session.stderr.isTTY ? ask(session) : undefined;
}

async function ask(session: Session): Promise<string> {
  const { read } = await import('read');
  const { stdin, stderr } = session;
  try {
    return await read({
      prompt: 'Password of the private key: ',
      silent: true,
      input: stdin,
      output: stderr,
    });
  } catch (cause) {
    // The terminal is read key by key then, so Ctrl-C comes as one.
    session.interruptedBy = SIGNALS.SIGINT;
    throw new OmsError('ABORTED', 'no password was given', { cause });
  } finally {
    stderr.write('\n');
  }
}

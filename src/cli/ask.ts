import { setImmediate as whenIdle } from 'node:timers/promises';
import { OmsError } from '../errors.ts';
import { releaseInput, type Session, SIGNALS } from './session.ts';

/** How a question is asked. */
export interface Question {
  readonly prompt: string;
  /** Does not show what is typed. */
  readonly silent?: boolean;
  /** What is wrong when there is no answer. */
  readonly unanswered: string;
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks for one line of standard input. Ctrl-C ends the run as the signal does; the end of the input
 * (Ctrl-D, or a file that has no more lines) is no answer.
 *
 * @throws {OmsError} `ABORTED`
 */
export async function ask(
  { prompt, silent = false, unanswered, signal }: Question,
  session: Session,
): Promise<string> {
  const { read } = await import('read');
  const { stdin: input, stderr: output } = session;
  const ended = new Promise<undefined>((resolve) => {
    // Readline pauses its input when it closes: after an answer, and at the end of the input, of
    // which `read` says nothing.
    input.once('pause', () => void whenIdle().then(() => resolve(undefined)));
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let isInterrupted = false;
  const answered = read({ prompt, silent, input, output }).catch(() => {
    isInterrupted = true;
    return undefined;
  });
  const answer = await Promise.race([answered, ended]);
  if (signal?.aborted === true && input.isTTY) input.setRawMode(false);
  releaseInput(session);
  // The cursor still stands behind the question.
  if (answer === undefined || silent) output.write('\n');
  if (answer !== undefined) return answer;
  // The terminal is read key by key then, so Ctrl-C comes as one.
  if (isInterrupted) session.interruptedBy = SIGNALS.SIGINT;
  throw new OmsError('ABORTED', unanswered);
}

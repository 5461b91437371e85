import { OmsError } from '../errors.ts';
import { quotedWithout } from '../identity/redact.ts';
import { aborted } from '../pace.ts';
import { quoted } from '../printable.ts';
import { withLimitedAnswers } from './answer-limit.ts';

/** How calls to the services of one signature are made. */
export interface CallOptions {
  /** For each attempt, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** Texts that must not show in a message, whatever a server answers. */
  readonly secrets: readonly string[];
}

/** How often a call is repeated that timed out, or that the server could not answer just then. */
export const RETRIES = 2;

/** Between attempts, in milliseconds; each next one waits twice as long. */
const FIRST_PAUSE = 500;

/** For `@sigstore/sign`, which repeats on its own: attempts and pauses, with the time for each. */
export function fetchOptions({ timeout }: CallOptions): {
  timeout: number;
  retry: { retries: number; minTimeout: number; factor: number };
} {
  return { timeout, retry: { retries: RETRIES, minTimeout: FIRST_PAUSE, factor: 2 } };
}

/** All attempts and pauses, and some time for answers that arrive bit by bit. */
function deadlineOf(timeout: number): number {
  const pauses = FIRST_PAUSE * (2 ** RETRIES - 1);
  return timeout * (RETRIES + 1) + pauses + 1_000;
}

/**
 * Calls a service, and makes one clear error of whatever goes wrong there. The error has no cause:
 * what a library throws may quote the token, and what a server answers may, too.
 *
 * @param what what was asked for, as in "a certificate".
 * @throws {OmsError} `SERVICE_FAILED`, `ABORTED`
 */
export async function callService<T>(
  what: string,
  url: string,
  options: CallOptions,
  call: () => Promise<T>,
): Promise<T> {
  const { signal, timeout } = options;
  if (signal?.aborted === true) throw aborted(signal);
  const controller = new AbortController();
  try {
    return await Promise.race([
      withLimitedAnswers(url, call),
      ended(controller.signal, deadlineOf(timeout)),
      ...(signal === undefined ? [] : [cancelled(signal, controller.signal)]),
    ]);
  } catch (error) {
    if (error instanceof OmsError && error.code === 'ABORTED') throw error;
    throw new OmsError('SERVICE_FAILED', `${quoted(url, 200)} did not give ${what}`, {
      found: quotedWithout(options.secrets, reasonsOf(error)),
      hint: 'nothing was written; try again, or check the signing configuration and the network',
    });
  } finally {
    controller.abort();
  }
}

function ended(done: AbortSignal, milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${Math.ceil(milliseconds / 1000)} seconds`)),
      milliseconds,
    );
    done.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}

function cancelled(signal: AbortSignal, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const cancel = (): void => reject(aborted(signal));
    signal.addEventListener('abort', cancel, { once: true });
    done.addEventListener('abort', () => signal.removeEventListener('abort', cancel), {
      once: true,
    });
  });
}

/** The innermost reasons say what happened; what is around them repeats what was asked for. */
function reasonsOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  // What a library stumbles over when members are missing or of other types.
  if (reason instanceof TypeError || reason instanceof OmsError) {
    return 'an answer that is not of the protocol';
  }
  return reason instanceof Error ? reason.message : String(reason);
}

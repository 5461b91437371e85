import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** Answers of these services have some kilobytes. */
const MAX_BYTES = 8 * 2 ** 20;

/** How often it is looked, in milliseconds: the fastest network brings some megabytes in this time. */
const PERIOD = 20;

const CHANNEL = 'http.client.response.finish';

/**
 * Runs calls of a library that reads whatever a server sends into memory, and cuts off answers of
 * one server that get too long. Node tells of each answer when it begins.
 *
 * @param url of the server; others are left alone.
 */
export async function withLimitedAnswers<T>(url: string, call: () => Promise<T>): Promise<T> {
  const { host } = new URL(url);
  const answers = new Map<IncomingMessage, number>();
  const onAnswer = (message: unknown): void => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    if (request.host === new URL(url).hostname || request.getHeader('host') === host) {
      answers.set(response, response.socket.bytesRead);
    }
  };
  const timer = setInterval(() => {
    for (const [response, before] of answers) {
      if (response.complete || response.destroyed) answers.delete(response);
      else if (response.socket.bytesRead - before > MAX_BYTES) {
        response.destroy(new Error(`the answer has more than ${MAX_BYTES} bytes`));
      }
    }
  }, PERIOD);
  subscribe(CHANNEL, onAnswer);
  try {
    return await call();
  } finally {
    unsubscribe(CHANNEL, onAnswer);
    clearInterval(timer);
  }
}

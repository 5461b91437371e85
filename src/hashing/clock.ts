import { hrtime } from 'node:process';

/** Milliseconds since some moment. The first use of `performance` in a process takes 1 ms. */
export function now(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

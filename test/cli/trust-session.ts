import type { Session } from '../../src/cli/session.ts';

/** A session of which only the environment matters. */
export function sessionIn(env: Session['env']): Session {
  const { stdout, stderr, stdin } = process;
  return { stdout, stderr, stdin, env, interruptedBy: undefined };
}

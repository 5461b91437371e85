import { createHook } from 'node:async_hooks';

/** Handles and requests that nothing makes but what talks to a network, by their names in Node. */
const KINDS: ReadonlySet<string> = new Set([
  'GETADDRINFOREQWRAP',
  'GETNAMEINFOREQWRAP',
  'QUERYWRAP',
  'TCPCONNECTWRAP',
  'TCPSERVERWRAP',
  'TCPWRAP',
  'TLSWRAP',
  'UDPSENDWRAP',
  'UDPWRAP',
]);

/** What this process does with the network while it is watched. */
export interface Watch {
  /** One for each socket, name look-up and datagram, whoever asked for it. */
  readonly attempts: readonly string[];
  readonly end: () => void;
}

/** Watches below all modules of JavaScript: whatever goes out, Node makes a handle for it. */
export function watchNetwork(): Watch {
  const attempts: string[] = [];
  const hook = createHook({
    init: (_, kind) => {
      if (KINDS.has(kind)) attempts.push(kind);
    },
  }).enable();
  return { attempts, end: () => hook.disable() };
}

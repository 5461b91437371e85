import { watchNetwork } from './network.ts';

/** Loaded before a program (`--import`): makes it fail if it did anything with the network. */

const watch = watchNetwork();

process.on('exit', () => {
  if (watch.attempts.length === 0) return;
  process.stderr.write(`it used the network: ${watch.attempts.join(', ')}\n`);
  process.exitCode = 97;
});

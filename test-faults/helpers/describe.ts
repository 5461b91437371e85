import type { Run } from './oms.ts';

/** All that is known of a run, for whoever reads of a failure. */
export function describeRun({ exit, stdout, stderr, fired, milliseconds }: Run): string {
  return [
    `exit: ${exit} after ${Math.round(milliseconds)} ms`,
    ...fired.map(({ call, path }) => `fired at: ${call} ${path}`),
    `stdout: ${stdout || '(nothing)'}`,
    `stderr: ${stderr || '(nothing)'}`,
  ].join('\n');
}

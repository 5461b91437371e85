import { printable, printableJson } from '../printable.ts';
import { json as jsonOf, lines, write } from './pieces.ts';
import type { LogLevel } from './values.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly logLevel?: LogLevel;
}

/** What one run of the program has to do with the world. */
export interface Session {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Exit code of the signal that ended this run, if one did. */
  interruptedBy: number | undefined;
}

/** Exit codes by convention for a program that a signal ended: 128 and the signal's number. */
export const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs what takes long, so that these signals end it in order. Outside of this they end the
 * process at once, as they do by default: a handler would have to wait for code that never waits.
 */
export async function interruptible<T>(
  session: Session,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const handlers = Object.entries(SIGNALS).map(([name, exitCode]) => {
    const handler = (): void => {
      session.interruptedBy = exitCode;
      controller.abort();
    };
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  try {
    return await work(controller.signal);
  } finally {
    for (const remove of handlers) remove();
  }
}

/**
 * Lets the program end although standard input is still open: an open pipe would keep it waiting
 * for an end that may never come.
 */
export function releaseInput({ stdin }: Session): void {
  stdin.pause();
  // Files have no such method, and keep nobody waiting.
  if ('unref' in stdin) stdin.unref();
}

/** What a command ends with: text for people, an object for programs. */
export interface Report {
  readonly command: string;
  readonly exitCode: number;
  /** Members of the JSON object beside `schemaVersion`, `command`, `ok` and `exitCode`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Lines for standard output; none with `--quiet`. */
  readonly text: Iterable<string>;
  /** Lines for standard error, where standard output is for another program. */
  readonly notes?: readonly string[];
}

/** Version of the object that `--json` prints; its schema is `spec/output.schema.json`. */
export const SCHEMA_VERSION = 1;

/** Prints the report of a command that succeeded. */
export function deliver(session: Session, report: Report, options: CommonOptions): void {
  if (options.json === true) {
    write(session.stdout, toJson(report));
  } else if (isTalkative(options)) {
    write(session.stdout, lines(report.text));
    if (report.notes?.length) say(session, report.notes);
  }
}

export function say({ stderr }: Session, texts: Iterable<string>): void {
  write(stderr, lines(texts, printable));
}

/** The object of a report as JSON text with a line end, in pieces. */
export function* toJson({
  command,
  exitCode,
  json,
}: Omit<Report, 'text'>): Generator<string, void> {
  const object = { schemaVersion: SCHEMA_VERSION, command, ok: exitCode === 0, exitCode, ...json };
  for (const piece of jsonOf(object)) yield printableJson(piece);
  yield '\n';
}

/** What did not go as it should, and was no reason to fail. */
export function sayNotes(session: Session, notes: readonly string[], options: CommonOptions): void {
  if (notes.length > 0 && isTalkative(options)) say(session, notes);
}

/** Whether people are told more than what went wrong. */
export function isTalkative({ quiet, logLevel = 'INFO' }: CommonOptions): boolean {
  return quiet !== true && (logLevel === 'DEBUG' || logLevel === 'INFO');
}

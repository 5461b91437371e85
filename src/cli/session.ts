import type { LogLevel } from './values.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly logLevel?: LogLevel;
}

/** What one run of the program has to do with the world. Tests need no other. */
export interface Session {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** What a command ends with: text for people, an object for programs. */
export interface Report {
  readonly command: string;
  readonly exitCode: number;
  /** Members of the JSON object beside `schemaVersion`, `command`, `ok` and `exitCode`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Lines for standard output; none with `--quiet`. */
  readonly text: readonly string[];
}

/** Version of the object that `--json` prints; its schema is `spec/output.schema.json`. */
export const SCHEMA_VERSION = 1;

/** Prints the report of a command that succeeded. */
export function deliver(session: Session, report: Report, options: CommonOptions): void {
  if (options.json === true) {
    session.stdout.write(`${toJson(report)}\n`);
  } else if (options.quiet !== true && !isAbove(options.logLevel, 'INFO')) {
    session.stdout.write(`${report.text.join('\n')}\n`);
  }
}

export function toJson({ command, exitCode, json }: Omit<Report, 'text'>): string {
  return JSON.stringify(
    { schemaVersion: SCHEMA_VERSION, command, ok: exitCode === 0, exitCode, ...json },
    undefined,
    2,
  );
}

function isAbove(level: LogLevel | undefined, limit: 'INFO'): boolean {
  return level !== undefined && level !== 'DEBUG' && level !== limit;
}

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT_CODES, OmsError } from '../errors.ts';
import { addDigestCommand, runDigest } from './digest.ts';
import { describeFailure, toOmsError } from './failure.ts';
import { addInspectCommand, runInspect } from './inspect.ts';
import { logLevelOption } from './common.ts';
import { type CommonOptions, deliver, type Report, type Session, toJson } from './session.ts';
import { addSignCommand, runSign } from './sign.ts';
import { addVerifyCommand, runVerify } from './verify.ts';
import { withHyphens } from './words.ts';

/** Exit codes by convention for a program that a signal ended: 128 and the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs the command line with these words. Sets the exit code of the process. */
export async function main(words: readonly string[]): Promise<void> {
  const abort = new AbortController();
  let interrupted: number | undefined;
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.once(name, () => {
      interrupted = code;
      abort.abort();
    });
  }
  // A reader that goes away (`| head`) is no fault of the model: the exit code still tells.
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);

  const { stdout, stderr, stdin, env } = process;
  const exitCode = await run(words, { stdout, stderr, stdin, env, signal: abort.signal });
  process.exitCode = interrupted ?? exitCode;
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** One run: prints, and returns the exit code. */
export async function run(words: readonly string[], session: Session): Promise<number> {
  const started: { command?: Command; report?: Report } = {};
  const program = buildProgram(session, started);
  try {
    const hyphened = withHyphens(words, [program, ...program.commands]);
    await program.parseAsync(hyphened, { from: 'user' });
    if (started.report !== undefined) deliver(session, started.report, optionsOf(started.command));
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = thrown instanceof CommanderError ? fromCommander(thrown) : toOmsError(thrown);
    // What commander could not read it cannot tell the options of.
    const given = { json: asksForJson(words), ...optionsOf(started.command) };
    return fail(session, started.command?.name() ?? commandIn(words, program), error, given);
  }
}

function fail(session: Session, command: string, error: OmsError, options: CommonOptions): number {
  const exitCode = EXIT_CODES[error.outcome];
  const report = describeFailure(command, error, exitCode, options);
  if (options.json === true) session.stdout.write(`${toJson(report)}\n`);
  else session.stderr.write(`${report.text.join('\n')}\n`);
  return exitCode;
}

function buildProgram(session: Session, started: { command?: Command; report?: Report }): Command {
  const program = new Command('oms')
    .description('Sign and verify machine-learning models (OpenSSF Model Signing).')
    .version(version(), '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addOption(logLevelOption().env('MODEL_SIGNING_LOG_LEVEL'))
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => session.stdout.write(text),
      writeErr: () => {},
    });
  /** Commands see their operands, their options, and which of these the user gave. */
  type Run = (operands: readonly string[], command: Command) => Report | Promise<Report>;
  const commands: readonly (readonly [Command, Run])[] = [
    [
      addSignCommand(program),
      (operands, command) => runSign(operands, command.opts(), namesGiven(command), session),
    ],
    [
      addVerifyCommand(program),
      (operands, command) => runVerify(operands, command.opts(), namesGiven(command), session),
    ],
    [
      addDigestCommand(program),
      (operands, command) => runDigest(operands, command.opts(), session),
    ],
    [addInspectCommand(program), (operands, command) => runInspect(operands, command.opts())],
  ];
  for (const [command, start] of commands) {
    command.allowExcessArguments(true).action(async () => {
      started.command = command;
      started.report = await start(command.args, command);
    });
  }
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureHelp({ subcommandTerm: (sub) => `${sub.name()} ${sub.usage()}` });
    command.configureOutput(program.configureOutput());
  }
  return program;
}

/** Long names, without dashes, of the options that stood on the command line. */
function namesGiven(command: Command): readonly string[] {
  return command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => option.long?.replace(/^--(no-)?/, '') ?? '');
}

function optionsOf(command: Command | undefined): CommonOptions {
  return { ...command?.parent?.opts(), ...command?.opts<CommonOptions>() };
}

/** A usage error in commander's words, without its prefix. */
function fromCommander(error: CommanderError): OmsError {
  const [summary = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const hint = rest.join(' ').replace(/^\((.*)\)$/, '$1') || 'oms --help shows what there is';
  return new OmsError('USAGE', error.code === 'commander.help' ? 'a command is missing' : summary, {
    hint,
  });
}

function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).includes('--json');
}

function commandIn(words: readonly string[], program: Command): string {
  const names = new Set(program.commands.map((command) => command.name()));
  return words.find((word) => names.has(word)) ?? 'oms';
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT_CODES, OmsError, reasonOf } from '../errors.ts';
import { quoted } from '../printable.ts';
import { logLevelOption } from './common.ts';
import { addDigestCommand, runDigest } from './digest.ts';
import { describeCause, describeFailure, toOmsError } from './failure.ts';
import { addInspectCommand, runInspect } from './inspect.ts';
import { type CommonOptions, deliver, type Report, type Session, say, toJson } from './session.ts';
import { addSignCommand, runSign } from './sign.ts';
import { LOG_LEVELS, type LogLevel, parseLogLevel } from './values.ts';
import { addVerifyCommand, runVerify } from './verify.ts';
import { withHyphens } from './words.ts';

/** Runs the command line with these words. Sets the exit code of the process. */
export async function main(words: readonly string[]): Promise<void> {
  const { stdout, stderr, stdin, env } = process;
  let outputFailed = false;
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    // A reader that goes away (`| head`) is no fault of the model: the exit code still tells.
    if (error.code === 'EPIPE' || outputFailed) return;
    outputFailed = true;
    process.exitCode = EXIT_CODES.unchecked;
    stderr.write(`Could not be checked: the output cannot be written: ${reasonOf(error)}\n`);
  };
  stdout.on('error', onOutputError);
  stderr.on('error', () => {});
  // Node's own exit code for these is 1, which means "refused" here.
  process.on('uncaughtException', (error) => {
    stderr.write(`Could not be checked: ${toOmsError(error).message}\n`);
    process.exit(EXIT_CODES.unchecked);
  });

  const session: Session = { stdout, stderr, stdin, env, interruptedBy: undefined };
  const exitCode = await run(words, session);
  process.exitCode = outputFailed ? EXIT_CODES.unchecked : exitCode;
}

/** How far one run has come. */
interface Started {
  command?: Command;
  report?: Report;
  logLevel?: LogLevel | undefined;
}

/** One run: prints, and returns the exit code. */
export async function run(words: readonly string[], session: Session): Promise<number> {
  const started: Started = {};
  const program = buildProgram(session, started);
  try {
    started.logLevel = levelFromEnvironment(session);
    const hyphened = withHyphens(words, [program, ...program.commands]);
    await program.parseAsync(hyphened, { from: 'user' });
    if (started.report !== undefined) deliver(session, started.report, optionsOf(started));
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const command = started.command?.name() ?? commandIn(words, program);
    const error =
      thrown instanceof CommanderError ? fromCommander(thrown, command) : toOmsError(thrown);
    // What commander could not read it cannot tell the options of.
    return fail(session, command, error, { json: asksForJson(words), ...optionsOf(started) });
  }
}

function fail(session: Session, command: string, error: OmsError, options: CommonOptions): number {
  const exitCode = session.interruptedBy ?? EXIT_CODES[error.outcome];
  const report = describeFailure(command, error, exitCode, options);
  if (options.json === true) session.stdout.write(`${toJson(report)}\n`);
  else say(session, report.text);
  if (options.logLevel === 'DEBUG') say(session, describeCause(error));
  return exitCode;
}

function buildProgram(session: Session, started: Started): Command {
  const program = new Command('oms')
    .description('Sign and verify machine-learning models (OpenSSF Model Signing).')
    .version(version(), '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addOption(logLevelOption())
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

function optionsOf({ command, logLevel }: Started): CommonOptions {
  return {
    ...(logLevel === undefined ? {} : { logLevel }),
    ...command?.parent?.opts<CommonOptions>(),
    ...command?.opts<CommonOptions>(),
  };
}

/** The reference's variable. Empty counts as unset. */
function levelFromEnvironment({ env }: Session): LogLevel | undefined {
  const level = env['MODEL_SIGNING_LOG_LEVEL'];
  if (!level) return undefined;
  try {
    return parseLogLevel(level);
  } catch (cause) {
    throw new OmsError('USAGE', 'the variable MODEL_SIGNING_LOG_LEVEL is not usable', {
      expected: LOG_LEVELS.join(', '),
      found: quoted(level),
      cause,
    });
  }
}

/** A usage error in commander's words, without its prefix. */
function fromCommander(error: CommanderError, command: string): OmsError {
  const [summary = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const help = command === 'oms' ? 'oms --help' : `oms ${command} --help`;
  const hint = rest.join(' ').replace(/^\((.*)\)$/, '$1') || `${help} shows what there is`;
  const isMissing = error.code === 'commander.help';
  return new OmsError('USAGE', isMissing ? 'a command is missing' : summary, { hint });
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

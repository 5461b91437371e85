import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT_CODES, OmsError, reasonOf } from '../errors.ts';
import { printable, quoted } from '../printable.ts';
import { logLevelOption } from './common.ts';
import { addDigestCommand, runDigest } from './digest.ts';
import { describeCause, describeFailure, toOmsError } from './failure.ts';
import { addInspectCommand, runInspect } from './inspect.ts';
import { type CommonOptions, deliver, type Report, type Session, say, toJson } from './session.ts';
import { write } from './pieces.ts';
import { addSignCommand, runSign } from './sign.ts';
import { withoutTokens } from './token-form.ts';
import { addTrustCommand } from './trust-options.ts';
import { LOG_LEVELS, type LogLevel, parseLogLevel } from './values.ts';
import { addVerifyCommand, runVerify } from './verify.ts';
import { withHyphens } from './words.ts';

/** Runs the command line with these words. Sets the exit code of the process. */
export async function main(words: readonly string[]): Promise<void> {
  let outputFailed = false;
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    // A reader that goes away (`| head`) is no fault of the model: the exit code still tells.
    if (error.code === 'EPIPE' || outputFailed) return;
    outputFailed = true;
    process.exitCode = EXIT_CODES.unchecked;
    const reason = `the output cannot be written: ${reasonOf(error)}`;
    session.stderr.write(`Could not be checked: ${reason}\n`);
  };
  const session = openSession(onOutputError);
  // Node's own exit code for these is 1, which means "refused" here.
  process.on('uncaughtException', (error) => {
    session.stderr.write(`Could not be checked: ${printable(toOmsError(error).message)}\n`);
    process.exit(EXIT_CODES.unchecked);
  });

  // Should all work come to an end without a result, that is no success.
  process.exitCode = EXIT_CODES.unchecked;
  const exitCode = await run(words, session);
  process.exitCode = outputFailed ? EXIT_CODES.unchecked : exitCode;
}

/** Streams are opened when they are first asked for: each takes about half a millisecond. */
function openSession(onOutputError: (error: NodeJS.ErrnoException) => void): Session {
  let stdout: NodeJS.WriteStream | undefined;
  let stderr: NodeJS.WriteStream | undefined;
  return {
    get stdout() {
      stdout ??= process.stdout.on('error', onOutputError);
      return stdout;
    },
    get stderr() {
      stderr ??= process.stderr.on('error', () => {});
      return stderr;
    },
    get stdin() {
      return process.stdin;
    },
    env: process.env,
    interruptedBy: undefined,
  };
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
  const program = buildProgram(words, session, started);
  try {
    started.logLevel = levelFromEnvironment(session);
    const hyphened = withHyphens(words, [program, ...program.commands]);
    await program.parseAsync(hyphened, { from: 'user' });
    if (started.report !== undefined) deliver(session, started.report, optionsOf(started));
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const command = started.command?.name() ?? commandIn(words);
    const error =
      thrown instanceof CommanderError ? fromCommander(thrown, command, words) : toOmsError(thrown);
    // What commander could not read it cannot tell the options of.
    return fail(session, command, error, { json: asksForJson(words), ...optionsOf(started) });
  }
}

function fail(session: Session, command: string, error: OmsError, options: CommonOptions): number {
  const exitCode = session.interruptedBy ?? EXIT_CODES[error.outcome];
  const report = describeFailure(command, error, exitCode, options);
  if (options.json === true) write(session.stdout, toJson(report));
  else say(session, report.text);
  if (options.logLevel === 'DEBUG') say(session, describeCause(error));
  return exitCode;
}

/** A command: its options, and what it does with its operands and its options. */
interface Entry {
  readonly add: (program: Command) => Command;
  readonly run: (
    operands: readonly string[],
    command: Command,
    session: Session,
  ) => Report | Promise<Report>;
}

const ENTRIES: Readonly<Record<string, Entry>> = {
  sign: {
    add: addSignCommand,
    run: (operands, command, session) =>
      runSign(operands, command.opts(), namesGiven(command), session),
  },
  verify: {
    add: addVerifyCommand,
    run: (operands, command, session) =>
      runVerify(operands, command.opts(), namesGiven(command), session),
  },
  digest: {
    add: addDigestCommand,
    run: (operands, command, session) => runDigest(operands, command.opts(), session),
  },
  inspect: {
    add: addInspectCommand,
    run: (operands, command) => runInspect(operands, command.opts()),
  },
  trust: {
    add: addTrustCommand,
    run: async (operands, command, session) => {
      const { runTrust } = await import('./trust.ts');
      return runTrust(operands, command.opts(), session);
    },
  },
};

/** All commands, or only the one that comes first: the options of the others would take 1 ms. */
function entriesFor([first = '']: readonly string[]): readonly Entry[] {
  const entry = Object.hasOwn(ENTRIES, first) ? ENTRIES[first] : undefined;
  return entry === undefined ? Object.values(ENTRIES) : [entry];
}

function buildProgram(words: readonly string[], session: Session, started: Started): Command {
  const program = new Command('oms')
    .description('Sign and verify machine-learning models (OpenSSF Model Signing).')
    .option('--version', 'show the version')
    .on('option:version', () => {
      session.stdout.write(`${version()}\n`);
      throw new CommanderError(0, 'commander.version', 'the version');
    })
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addOption(logLevelOption())
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => session.stdout.write(text),
      writeErr: () => {},
    });
  for (const { add, run: start } of entriesFor(words)) {
    const command = add(program);
    command.allowExcessArguments(true).action(async () => {
      started.command = command;
      // The level may stand before the command, or in the environment.
      command.setOptionValue('logLevel', optionsOf(started).logLevel);
      started.report = await start(command.args, command, session);
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

/** What options such as --identity-token had, and what looks like a token wherever it stands. */
function withoutSecrets(message: string): string {
  return withoutTokens(message).replace(SECRET_OPTION, '$1 is').replace(SECRET_URL, '$1 is');
}

/** As commander says that the value of an option is not right. */
const SECRET_OPTION =
  /^(error: option '--(?:[a-z-]*token|[a-z-]*secret|password) <[a-z]+>' argument) '.*' is/s;

/** The same, of a URL with a user name or password. */
const SECRET_URL = /^(error: option '--[a-z-]+ <url>' argument) '.*@.*' is/s;

/** A usage error in commander's words, without its prefix. */
function fromCommander(error: CommanderError, command: string, words: readonly string[]): OmsError {
  const [summary = '', ...rest] = withoutSecrets(error.message)
    .replace(/^error: /, '')
    .split('\n');
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1');
  const hint = suggestion || helpFor(error.code, command, words);
  const isMissing = error.code === 'commander.help';
  return new OmsError('USAGE', isMissing ? 'a command is missing' : summary, { hint });
}

/** What stands before the command is read without it. */
function helpFor(code: string, command: string, [first = '']: readonly string[]): string {
  if (code === 'commander.unknownOption' && command !== 'oms' && first.startsWith('-')) {
    return `options of a command stand behind it; oms ${command} --help shows them`;
  }
  const isOfCommand = command !== 'oms' && code !== 'commander.unknownCommand';
  return `oms ${isOfCommand ? `${command} ` : ''}--help shows what there is`;
}

function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).includes('--json');
}

function commandIn(words: readonly string[]): string {
  return words.find((word) => Object.hasOwn(ENTRIES, word)) ?? 'oms';
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

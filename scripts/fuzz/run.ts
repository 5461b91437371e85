/** Fuzzing, as `npm run fuzz`. What it does and has found: `spec/fuzz.md`. */
import { Campaign, type Outcome } from './run/campaign.ts';
import { readOptions, USAGE, UsageError } from './run/options.ts';
import { replay } from './run/replay.ts';
import { reportOf } from './run/report.ts';

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.replay !== undefined) {
    const { seed, index } = options.replay;
    const { text, findings } = await replay(seed, index, options.only, options.keep);
    console.log(text);
    return findings.length === 0 ? 0 : 1;
  }
  console.log(`seed ${options.seed}, ${options.processes} processes`);
  const campaign = new Campaign({ ...options, onProgress: progressTo(process.stderr) });
  // What was found until then is told all the same.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => campaign.stop());
  const outcome = await campaign.run();
  console.log(reportOf(outcome, options.only));
  return outcome.findings.length === 0 ? 0 : 1;
}

/** A line every ten seconds, and for each finding at once. */
function progressTo(stream: NodeJS.WriteStream): (outcome: Outcome) => void {
  let told = 0;
  let found = 0;
  return ({ statistics, findings, seconds }) => {
    for (const { kind, index, what } of findings.slice(found)) {
      stream.write(`${kind}, input ${index}: ${what.slice(0, 300)}\n`);
    }
    found = findings.length;
    if (seconds - told < 10) return;
    told = seconds;
    stream.write(`${seconds.toFixed(0)} s: ${statistics.inputs} inputs, ${found} findings\n`);
  };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

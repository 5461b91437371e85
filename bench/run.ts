/**
 * Measures oms against `openssl dgst` and the Python reference: `npm run bench`, and in less than a
 * minute `npm run bench:short`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stop } from '../scripts/interop/command.ts';
import { prepareVenv, Unavailable, type Venv } from '../scripts/interop/venv.ts';
import { canDropCaches } from './cache.ts';
import { fullPlan, shortPlan } from './forms.ts';
import { type Keys, makeKeys } from './keys.ts';
import { describeMachine } from './machine.ts';
import { madeUp, SMALLEST } from './models.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { type Case, choose, type Plan } from './plan.ts';
import { oms, reference, referenceWithTwoWorkers } from './programs.ts';
import { render } from './report.ts';
import { measure } from './session.ts';
import { Timer } from './timer.ts';
import { KIB } from './units.ts';
import { Workspace } from './workspace.ts';

/** However the benchmark ends, nothing of it goes on or stays: see also {@link Workspace}. */
for (const [name, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.once(name, () => {
    stop.abort();
    process.exit(code);
  });
}

const RESULTS = join(import.meta.dirname, 'RESULTS.md');

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), RESULTS);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const workspace = new Workspace(options.data);
  const venv = await findReference(options, workspace);
  const timer = new Timer(venv?.python ?? 'python3', workspace.make('cache'));
  // Before the workspace is removed.
  process.prependListener('exit', () => timer.kill());

  const plan = planFor(options, venv, makeKeys(workspace.make('keys')));
  const tiny = workspace.make('tiny');
  await madeUp(SMALLEST, [1, KIB]).write(tiny);
  const signatures = workspace.make('signatures');
  const stage = { timer, rounds: options.rounds, signatures, tiny };
  const { results, gaps, failed } = await measure(plan, stage, workspace);

  const { rounds, short } = options;
  const machine = describeMachine(workspace.path, venv, timer.disturbance);
  const allGaps = [...missing(options, venv), ...gaps];
  const report = render({ results, machine, rounds, short, gaps: allGaps });
  console.log(report);
  if (options.output !== undefined) writeFileSync(options.output, report);
  // The short form is for looking at; it fails when there is nothing to look at.
  return results.length === 0 || (failed > 0 && !short) ? 1 : 0;
}

/** The short form does without the reference, rather than to download it. */
async function findReference({ short }: Options, workspace: Workspace): Promise<Venv | undefined> {
  const given = process.env['OMS_INTEROP_VENV'] || undefined;
  if (short && given === undefined) return undefined;
  console.error('preparing the reference');
  try {
    return await prepareVenv(given ?? join(workspace.path, 'venv'));
  } catch (error) {
    if (!short) throw error;
    return undefined;
  }
}

function planFor({ short, only }: Options, venv: Venv | undefined, keys: Keys): Plan {
  const references =
    venv === undefined ? [] : [reference(venv, keys), referenceWithTwoWorkers(venv, keys)];
  const plan = (short ? shortPlan : fullPlan)(oms(keys), references);
  const isMeasurable = choose(plan, (one) => !isCold(one) || canDropCaches());
  if (only === undefined) return isMeasurable;
  // Not every keyboard has a ×.
  const plain = (text: string) => text.toLowerCase().replaceAll('×', 'x');
  const chosen = choose(isMeasurable, ({ title }) => plain(title).includes(plain(only)));
  if (chosen.length > 0) return chosen;
  const titles = isMeasurable.flatMap(({ cases }) => cases.map(({ title }) => title));
  throw new UsageError(`no case has this in its title: ${only}\n${titles.join('\n')}`);
}

function isCold(one: Case): boolean {
  return one.kind === 'race' && one.race.cold;
}

/** What this machine does not allow to be measured at all. */
function missing({ short }: Options, venv: Venv | undefined): readonly string[] {
  return [
    ...(venv === undefined ? ['the reference: OMS_INTEROP_VENV names no environment with it'] : []),
    ...(short || canDropCaches() ? [] : ['reading from the disk: only root can empty the caches']),
  ];
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`bench: ${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else if (error instanceof Unavailable) {
    console.error(`bench: ${error.message}`);
    process.exitCode = 3;
  } else throw error;
}

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { generate } from '../base/generate.ts';
import { makeCorpus } from '../corpus/corpus.ts';
import type { Finding } from '../oracle/finding.ts';
import { describeThrown } from '../oracle/message.ts';
import { makeDirectory } from './directory.ts';
import { Sandbox } from './sandbox.ts';
import { OMS } from './subject.ts';
import { processorTime } from './task.ts';
import { tryInput } from './trial.ts';

export interface Replayed {
  readonly text: string;
  readonly findings: readonly Finding[];
}

/** Runs one input again, in this process, and tells all of it. */
export async function replay(
  seed: string,
  index: number,
  only: string,
  keep?: string,
): Promise<Replayed> {
  const root = makeDirectory();
  const sandbox = new Sandbox(root);
  try {
    const input = generate(makeCorpus(), seed, index, only);
    const begun = processorTime();
    const { ending, findings } = await tryInput(input, OMS, sandbox);
    const ms = processorTime() - begun;
    if (keep !== undefined) {
      mkdirSync(keep, { recursive: true });
      writeFileSync(join(keep, 'bundle.sig'), input.bundle);
      cpSync(sandbox.place(input), join(keep, input.model.name), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (path) => !path.includes('\0'),
      });
    }
    const answer =
      'result' in ending
        ? `verified: ${inspect(ending.result, { depth: 5 })}`
        : describeThrown(ending.error);
    const payload = input.ledger.payloads.at(-1)?.payload.toString() ?? '';
    const text = [
      `seed: ${input.seed}`,
      `steps: ${input.steps.join(', ') || 'none'}`,
      `bundle (${input.bundle.length} bytes): ${clipped(input.bundle.toString())}`,
      `last payload that was signed: ${clipped(payload)}`,
      `model: ${input.isOwnModel ? "the seed's own" : inspect(input.model.entries)}`,
      `signature in the model: ${input.signature ?? 'none'}`,
      `policy: ${inspect(input.policy, { depth: 2 })}`,
      `options: ${inspect(input.options)}`,
      ...(input.document === undefined
        ? []
        : [`${input.document.kind}: ${clipped(input.document.bytes.toString())}`]),
      `must verify if the model is right: ${input.isOpen ? 'not known' : 'yes'}`,
      `answer after ${ms.toFixed(0)} ms: ${answer}`,
      ...findings.map(({ kind, what }) => `FINDING ${kind}: ${what}`),
    ];
    return { text: text.join('\n'), findings };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function clipped(text: string): string {
  return text.length > 4_000 ? `${text.slice(0, 4_000)}…` : text;
}

import { type Bundle, OmsError, type VerifyOptions } from '../../../src/index.ts';
import { join } from 'node:path';
import type { Input } from '../base/input.ts';
import type { Finding } from '../oracle/finding.ts';
import { type Ending, findingOf, judge } from '../oracle/judge.ts';
import { describeThrown, flawsInError } from '../oracle/message.ts';
import { type NaiveTree, readTree } from '../oracle/model.ts';
import { judgeDocument } from '../documents/judge.ts';
import { judgeCommand } from './command.ts';
import { objectOf } from './object.ts';
import type { Sandbox } from './sandbox.ts';
import type { Subject } from './subject.ts';

export interface Trial {
  readonly ending: Ending;
  readonly findings: readonly Finding[];
}

/** The command line is asked of one input in so many. */
const COMMAND_EVERY = 10;

/** Runs one input through all that is tested, and judges what came out. */
export async function tryInput(input: Input, subject: Subject, sandbox: Sandbox): Promise<Trial> {
  const model = sandbox.place(input);
  try {
    const ending = await verified(input, model, subject);
    const told = { ...input, bundle: textOfGiven(input) };
    const findings = judge(told, ending, treeReader(model, input.isOwnModel));
    findings.push(...inspected(input, subject), ...judgeDocument(input));
    if (input.index % COMMAND_EVERY === 0 && input.objectForm === undefined) {
      findings.push(...(await judgeCommand(input, ending, model, { subject, sandbox })));
    }
    return { ending, findings };
  } finally {
    sandbox.clear();
  }
}

async function verified(input: Input, model: string, { verify }: Subject): Promise<Ending> {
  const { policy, signature } = input;
  const options: VerifyOptions = {
    ...input.options,
    ...(signature === undefined ? {} : { signaturePath: join(model, signature) }),
  };
  try {
    return { result: await verify(model, givenOf(input), policy, options) };
  } catch (error) {
    return { error };
  }
}

function givenOf({ objectForm, bundle }: Input): Buffer | Bundle {
  return objectForm === undefined ? bundle : objectOf(bundle, objectForm);
}

/** An object holds less than the text that it was made of, such as a key that was there twice. */
function textOfGiven(input: Input): Buffer {
  const given = givenOf(input);
  if (Buffer.isBuffer(given)) return given;
  try {
    return Buffer.from(JSON.stringify(given));
  } catch {
    return input.bundle;
  }
}

function inspected(input: Input, { inspect }: Subject): Finding[] {
  try {
    // For what it says there is no other reader; it is asked for its errors.
    inspect(givenOf(input));
    return [];
  } catch (error) {
    if (!(error instanceof OmsError)) {
      return [findingOf(input, 'foreign error', `inspect: ${describeThrown(error)}`)];
    }
    return flawsInError(error).map((what) => findingOf(input, 'unsafe message', what));
  }
}

const trees = new Map<string, NaiveTree>();

/** What does not change is read once. */
function treeReader(model: string, isKept: boolean): () => NaiveTree {
  return () => {
    const known = isKept ? trees.get(model) : undefined;
    const tree = known ?? readTree(model);
    if (isKept) trees.set(model, tree);
    return tree;
  };
}

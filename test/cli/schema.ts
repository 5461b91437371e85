import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const SCHEMA = new URL('../../spec/output.schema.json', import.meta.url);

/** What is wrong with an object that `--json` printed; nothing if it is as the schema says. */
export function flawsInOutput(value: unknown): readonly string[] {
  if (validate(value)) return [];
  // Of the kinds of output, the one that fits best says most clearly what is wrong.
  const flaws = schema.oneOf.map(({ $ref }) => {
    const kind = ajv.getSchema(`output${$ref}`);
    return kind?.(value) === true
      ? ['it is of two kinds at once']
      : (kind?.errors ?? []).map((error) => ajv.errorsText([error], { dataVar: '' }));
  });
  return flaws.toSorted((a, b) => distance(a) - distance(b))[0] ?? ['it is of no kind'];
}

/** A kind of another command, or of another outcome, is further away than one with flaws within. */
function distance(flaws: readonly string[]): number {
  const outer = flaws.filter((flaw) => /^(?:\/(?:command|ok|exitCode))? must /.test(flaw));
  return outer.length * 1000 + flaws.length;
}

const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as { oneOf: readonly { $ref: string }[] };
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const validate = ajv.addSchema(schema, 'output').compile({ $ref: 'output' });

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** The specification's JSON Schemas. Each check returns what is wrong; nothing if it is valid. */
export interface Schemas {
  /** A bundle, and the envelope in it. */
  bundle(value: unknown): readonly string[];
  /** A statement, and the predicate in it. */
  statement(value: unknown): readonly string[];
}

const FILES = ['predicate', 'envelope', 'statement', 'bundle'];

/** @param directory that holds `bundle.schema.json` and the three that belong to it. */
export function loadSchemas(directory: string): Schemas {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  for (const name of FILES) {
    const text = readFileSync(join(directory, `${name}.schema.json`), 'utf8');
    ajv.addSchema(JSON.parse(text) as object, name);
  }
  return {
    bundle: checker(ajv, ajv.getSchema('bundle')),
    statement: checker(ajv, ajv.getSchema('statement')),
  };
}

function checker(
  ajv: Ajv2020,
  validate: ValidateFunction | undefined,
): (value: unknown) => readonly string[] {
  if (validate === undefined) throw new Error('a schema is missing');
  return (value) =>
    validate(value)
      ? []
      : (validate.errors ?? []).map((error) => ajv.errorsText([error], { dataVar: '' }));
}

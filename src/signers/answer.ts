import { Fields } from '../format/fields.ts';
import { type JsonLimits, readJson } from '../format/json.ts';
import type { Answer } from '../network/http.ts';
import { MAX_ANSWER_BYTES } from './service-call.ts';

const LIMITS: JsonLimits = { bytes: MAX_ANSWER_BYTES, depth: 12, values: 2_000, keys: 500 };

/** The JSON object that a service answered. Throws when it is none; the caller says whose it was. */
export function readAnswer({ bytes }: Answer): Fields {
  const code = 'SERVICE_FAILED';
  return new Fields(readJson(bytes, LIMITS, 'the answer', code), '', code);
}

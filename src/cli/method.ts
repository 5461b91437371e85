import { OmsError } from '../errors.ts';
import type { Method } from '../format/bundle.ts';
import { quoted } from '../printable.ts';
import { looksLikeToken, withoutTokens } from './token-form.ts';

/** Options that belong to some methods only: long name → methods. */
export type MethodOptions = Readonly<Record<string, readonly Method[]>>;

/** The same method for each of some options. */
export function methodOfEach(names: readonly string[], method: Method): MethodOptions {
  return Object.fromEntries(names.map((name) => [name, [method]]));
}

const METHODS: readonly Method[] = ['key', 'certificate', 'sigstore'];

/** Words of the reference implementation for what is not here yet. */
const FOREIGN_METHODS: ReadonlySet<string> = new Set(['pkcs11-key', 'pkcs11-certificate']);

/**
 * Takes `[METHOD] MODEL` apart. The word may be left out, so a model whose path is one of the
 * words has to be written `./key`.
 *
 * @throws {OmsError} `USAGE`
 */
export function readOperands(operands: readonly string[]): {
  readonly word: Method | undefined;
  readonly model: string;
} {
  const [first = '', second, ...rest] = operands;
  const word = METHODS.find((method) => method === first);
  if (FOREIGN_METHODS.has(first)) {
    throw new OmsError('USAGE', `the method ${quoted(first)} is not supported`, {
      expected: 'key, certificate or sigstore',
    });
  }
  if (rest.length > 0 || (second !== undefined && word === undefined)) {
    throw new OmsError('USAGE', 'there are too many arguments', {
      expected: `[${METHODS.join('|')}] MODEL`,
      found: operands.map((operand) => quoted(withoutTokens(operand), 60)).join(' '),
    });
  }
  const model = word === undefined ? first : second;
  if (looksLikeToken(model ?? '')) {
    throw new OmsError('USAGE', 'a token stands where the model should', {
      expected: 'the path of a model, and --identity-token-file for the token',
    });
  }
  if (model === undefined || model === '') {
    const isName = word !== undefined && second === undefined;
    const hint = isName ? `for a model of this name write ./${word}` : undefined;
    throw new OmsError('USAGE', 'the path of the model is missing', hint ? { hint } : {});
  }
  return { word, model };
}

/**
 * The method that the options ask for.
 *
 * @param given long names of the options that the user gave, without dashes.
 * @throws {OmsError} `USAGE` when options of two methods are given, or of another than the word's.
 */
export function chooseMethod(
  word: Method | undefined,
  given: readonly string[],
  optionsOf: MethodOptions,
  fallback: Method | undefined,
): Method | undefined {
  let possible: readonly Method[] = word === undefined ? METHODS : [word];
  let narrowedBy = word === undefined ? '' : `the method ${word}`;
  let narrowed = '';
  for (const name of given) {
    const methods = optionsOf[name];
    if (methods === undefined) continue;
    const left = possible.filter((method) => methods.includes(method));
    if (left.length === 0) {
      throw new OmsError('USAGE', `--${name} does not go with ${narrowedBy}`, {
        hint: `--${name} is for the method ${methods.join(' or ')}${narrowed}`,
      });
    }
    if (left.length < possible.length && narrowedBy === '') {
      narrowedBy = `--${name}`;
      narrowed = `, ${narrowedBy} for ${methods.join(' or ')}`;
    }
    possible = left;
  }
  return possible.length === METHODS.length ? fallback : possible[0];
}

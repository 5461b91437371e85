/**
 * Leaves out of mutation what an error says: no decision reads it. Its code, and whether it is
 * thrown, stay mutated. Of each function that makes errors, the arguments from this one on are text.
 */
const FIRST_TEXT: ReadonlyMap<string, number> = new Map([
  ['Error', 0],
  ['OmsError', 1],
  ['malformed', 1],
  // Members of `Fields`.
  ['error', 0],
  ['#wrong', 0],
  // Each with a code of its own.
  ['invalid', 0],
  ['mismatch', 0],
  ['other', 0],
  ['refused', 0],
  ['tooFew', 0],
  ['unclear', 0],
  ['unfit', 1],
  ['unusable', 0],
  ['wrong', 0],
]);

/** As much of Babel's `NodePath` as is needed. */
interface Path {
  readonly node: unknown;
  readonly parent: Partial<Call> & { readonly type: string };
}

interface Call {
  readonly callee: Callee;
  readonly arguments: readonly unknown[];
}

interface Callee {
  readonly type: string;
  /** Of an identifier. */
  readonly name?: string;
  /** Of a member. */
  readonly property?: { readonly name?: string; readonly id?: { readonly name: string } };
}

function shouldIgnore({ node, parent }: Path): string | undefined {
  if (parent.type !== 'CallExpression' && parent.type !== 'NewExpression') return undefined;
  const first = FIRST_TEXT.get(nameOf(parent.callee));
  const at = parent.arguments?.indexOf(node) ?? -1;
  return first === undefined || at < first ? undefined : 'the text of an error';
}

function nameOf(callee: Callee | undefined): string {
  const { name, property } = callee ?? {};
  return name ?? property?.name ?? (property?.id === undefined ? '' : `#${property.id.name}`);
}

/** What Stryker looks for in a plugin. */
export const strykerPlugins = [{ kind: 'Ignore', name: 'error-texts', value: { shouldIgnore } }];

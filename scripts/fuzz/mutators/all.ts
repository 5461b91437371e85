import type { Mutator } from '../base/mutator.ts';
import { aroundMutators } from './around.ts';
import { bundleMutators } from './bundle.ts';
import { certificateMutators } from './certificate.ts';
import { nameMutators } from './names.ts';
import { paperMutators } from './papers.ts';
import { policyMutators } from './policy.ts';
import { signingMutators } from './signing.ts';
import { statementMutators } from './statement.ts';
import { textMutators } from './text.ts';
import { tokenMutators } from './token.ts';

export const MUTATORS: readonly Mutator[] = [
  ...statementMutators,
  ...nameMutators,
  ...signingMutators,
  ...certificateMutators,
  ...paperMutators,
  ...tokenMutators,
  ...bundleMutators,
  ...textMutators,
  ...aroundMutators,
  ...policyMutators,
];

import type { Case } from './case.ts';
import type { CredentialStore } from './credentials.ts';
import { inabilities } from './inabilities.ts';
import { strictness } from './strictness.ts';
import type { Venv } from './venv.ts';

/**
 * Known differences: each case asserts that the reference still behaves as described in
 * spec/interop.md, so that one fails when a new release changes it.
 */
export function differences(venv: Venv, store: CredentialStore): readonly Case[] {
  return [...inabilities(venv, store), ...strictness(venv, store)];
}

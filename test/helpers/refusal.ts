import { expect } from 'vitest';
import { type ErrorCode, OmsError } from '../../src/index.ts';

/** Expects a call to fail with an error of ours, and returns it for a closer look. */
export async function refusal(call: () => unknown, code: ErrorCode): Promise<OmsError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(OmsError);
    const refused = error as OmsError;
    expect(`${refused.code}: ${refused.message}`).toMatch(new RegExp(`^${code}: `));
    return refused;
  }
  expect.fail(`accepted, where ${code} was expected`);
}

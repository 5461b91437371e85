import { it } from 'vitest';

/** `runner.ts` takes its place. */
it('serves', () => {});

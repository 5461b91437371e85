import { afterEach } from 'vitest';
import { type Tally, takeTally } from './tally.ts';

declare module 'vitest' {
  interface TaskMeta {
    tally?: Tally;
  }
}

afterEach(({ task }) => {
  task.meta.tally = takeTally();
});

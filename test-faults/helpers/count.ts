import { afterEach } from 'vitest';
import { takeCount } from './oms.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** How many processes the test started. */
    runs?: number;
  }
}

afterEach(({ task }) => {
  task.meta.runs = takeCount();
});

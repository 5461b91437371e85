import { fileURLToPath } from 'node:url';

/** The built command line. */
export const PROGRAM = fileURLToPath(new URL('../../bin/oms.cjs', import.meta.url));

/** How often each fault is tried, as a multiple of what the short run does. */
export const TIMES = Number(process.env['OMS_FAULTS_TIMES'] ?? 1);

/** From which all that is random follows. */
export const SEED = Number(process.env['OMS_FAULTS_SEED'] ?? 1);

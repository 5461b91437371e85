import { join } from 'node:path';
import { prepareVenv, Unavailable as NoPython, type Venv } from '../interop/venv.ts';
import { Unavailable } from './unavailable.ts';

/**
 * Makes sure of a Python environment with sigstore-python and the reference implementation, the
 * same as for the interoperability tests.
 *
 * @throws {Unavailable}
 */
export async function preparePython(cache: string): Promise<Venv> {
  try {
    return await prepareVenv(process.env['OMS_INTEROP_VENV'] || join(cache, 'venv'));
  } catch (error) {
    throw error instanceof NoPython ? new Unavailable(error.message) : error;
  }
}

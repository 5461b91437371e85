import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Run, run } from './command.ts';

/** Something outside of this project is missing: Python, or the network. */
export class Unavailable extends Error {}

/** A Python virtual environment with the reference implementation in it. */
export interface Venv {
  readonly python: string;
  readonly modelSigning: string;
  /** "model-signing 1.1.1, Python 3.11.7" */
  readonly description: string;
}

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));

const DESCRIBE =
  'import importlib.metadata, platform;' +
  'print("model-signing", importlib.metadata.version("model-signing") + ",",' +
  ' "Python", platform.python_version())';

/**
 * Makes an environment, or completes one that is there. Pip goes to the network only for what is
 * not installed yet.
 *
 * @throws {Unavailable}
 */
export async function prepareVenv(path: string): Promise<Venv> {
  const bin = join(resolve(path), 'bin');
  const python = join(bin, 'python');
  if (!existsSync(python)) {
    demand(await run('python3', ['-m', 'venv', path]), 'Python 3 with its venv module is needed');
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  demand(
    await run(python, [...pip, '-r', REQUIREMENTS]),
    'PyPI does not give what requirements.txt lists',
  );
  const described = await run(python, ['-c', DESCRIBE]);
  demand(described, 'the installed reference does not work');
  return {
    python,
    modelSigning: join(bin, 'model_signing'),
    description: described.output.trim(),
  };
}

function demand({ exitCode, output }: Run, otherwise: string): void {
  if (exitCode === 0) return;
  const lines = output.trim().split('\n');
  const said = lines.find((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? '';
  throw new Unavailable(`${otherwise}: ${said.trim()}`);
}

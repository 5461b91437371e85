import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('injector.c', import.meta.url));

/** Compiles the injector. Returns why there is none, where that is so. */
export function compileInjector(path: string): string | undefined {
  if (process.platform !== 'linux' || !hasGlibc()) return 'needs Linux with glibc';
  const words = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-o', path, SOURCE, '-ldl'];
  const { error, status, stderr } = spawnSync('cc', [...words, '-lpthread'], { encoding: 'utf8' });
  if (error !== undefined) return 'needs a C compiler, cc';
  if (status !== 0) throw new Error(`the injector cannot be compiled:\n${stderr}`);
  return undefined;
}

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { readonly header: object };
  return 'glibcVersionRuntime' in header;
}

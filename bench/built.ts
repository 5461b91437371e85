/**
 * Loads a module of the library as it was built. The path is put together here, since TypeScript
 * would look for a file that is not there before the first build.
 */
export function built(module: string): Promise<unknown> {
  return import(new URL(`../dist/${module}`, import.meta.url).href);
}

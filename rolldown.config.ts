import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'rolldown';

/**
 * What commander imports of Node, it imports as a default. For each of these a bundler makes a copy
 * of the module, with a getter for every member; and loading `child_process`, which only commands
 * that are programs of their own need, takes 2 ms.
 */
const leanCommander: Plugin = {
  name: 'lean-commander',
  transform: {
    filter: { id: /[\\/]commander[\\/]/ },
    handler: (code) =>
      code.replace(/^import (\w+) from 'node:(\w+)';$/gm, (_, name: string, module: string) =>
        module === 'child_process'
          ? `const ${name} = {};`
          : `const ${name} = globalThis.process.getBuiltinModule('node:${module}');`,
      ),
  },
  // Its text is part of the bundle, so its licence goes with it.
  generateBundle() {
    const source = readFileSync('node_modules/commander/LICENSE', 'utf8');
    this.emitFile({ type: 'asset', fileName: 'commander.LICENSE', source });
  },
};

/** What only keyless signing, and the questions whom to trust for it, need. */
const KEYLESS =
  /[\\/]src[\\/](?:(?:identity|network|roots)[\\/]|signers[\\/](?!(?:certificate|key|signer)\.ts)|trust[\\/](?:signing|trust)-config|format[\\/]url|cli[\\/](?:main|keyless|token-origin|consent|browser|cache-directory|trust|trust-choice|trust-listing)\.ts)/;

/**
 * One file each for the command line, its worker, and what only keyless commands and `trust` load
 * when they are at it: finding modules was half of the start-up, and reading code that is not used
 * is a tenth.
 */
export default defineConfig(
  Object.entries({ oms: 'src/cli/main.ts', worker: 'src/hashing/worker.ts' }).map(
    ([name, input]) => ({
      input,
      platform: 'node' as const,
      external: [/^@sigstore\//, 'oauth4webapi', 're2js', 'read'],
      plugins: [leanCommander],
      output: {
        dir: 'dist/bin',
        entryFileNames: `${name}.cjs`,
        chunkFileNames: '[name].cjs',
        codeSplitting: { groups: [{ name: 'common', test: (id: string) => !KEYLESS.test(id) }] },
        format: 'cjs' as const,
        comments: false,
        // Names stay as they are, for traces.
        minify: { compress: true, mangle: false, codegen: true },
      },
    }),
  ),
);

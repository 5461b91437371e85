#!/usr/bin/env node
// The start of the command line. Written so that an old Node can read it and say what is missing.
import { versions } from 'node:process';

/** `^22.22.2 || ^24.15.0 || >=26`, as in package.json. */
function isSupported(version) {
  const [major, minor, patch] = version.split('.').map(Number);
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 2);
  if (major === 24) return minor >= 15;
  return major >= 26;
}

if (isSupported(versions.node)) {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { main } = await import('../dist/cli/main.js');
  await main(process.argv.slice(2));
} else {
  console.error(
    `oms needs Node.js 22.22.2 or later of 22, 24.15 or later of 24, or 26 and up; ` +
      `this is ${versions.node} (${process.execPath})`,
  );
  process.exitCode = 3;
}

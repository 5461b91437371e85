#!/usr/bin/env node
// The start of the command line. Written so that an old Node can read it and say what is missing.
'use strict';

/** `^22.22.2 || ^24.15.0 || >=26`, as in package.json. */
function isSupported(version) {
  const [major, minor, patch] = version.split('.').map(Number);
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 2);
  if (major === 24) return minor >= 15;
  return major >= 26;
}

/**
 * Keeps compiled code between runs, which saves some milliseconds, where only this user can write.
 * Node's own choice is below the directory for temporary files: there anybody can make the
 * directory first, and what is in it is run.
 */
function keepCompiledCode(env) {
  const fs = require('node:fs');
  const { isAbsolute, join } = require('node:path');
  const base = env.XDG_CACHE_HOME || env.LOCALAPPDATA || (env.HOME && join(env.HOME, '.cache'));
  // Below the current directory it would be whoever made that directory whose code is run.
  if (env.NODE_COMPILE_CACHE || !base || !isAbsolute(base)) return;
  try {
    const directory = join(base, 'oms-signing');
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { mode, uid } = fs.lstatSync(directory);
    const isPrivate =
      process.geteuid === undefined || (uid === process.geteuid() && !(mode & 0o022));
    if (isPrivate) require('node:module').enableCompileCache(join(directory, 'compiled'));
  } catch {
    // It goes without.
  }
}

/** What Node says of a file that it cannot load has many lines, and an exit code of another meaning. */
function start() {
  try {
    void require('../dist/bin/oms.cjs').main(process.argv.slice(2));
  } catch (error) {
    const [reason] = String(error.message).split('\n');
    console.error('Could not be checked: oms itself cannot be loaded: ' + reason);
    process.exitCode = 3;
  }
}

if (isSupported(process.versions.node)) {
  keepCompiledCode(process.env);
  start();
} else {
  console.error(
    'oms needs Node.js 22.22.2 or later of 22, 24.15 or later of 24, or 26 and up; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ')',
  );
  process.exitCode = 3;
}

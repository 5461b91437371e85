'use strict';
/*
 * Loaded into the main thread before the program, and by it into its worker threads before their own
 * code, which then go wrong in the way that OMS_FAULT_WORKER names.
 */
const fs = require('node:fs');
const threads = require('node:worker_threads');

/** A worker that has read so often is in the middle of its work. */
const MIDDLE = 3;

const inTheMiddle = {
  'throws in the middle': () => {
    throw new RangeError('something');
  },
  'ends in the middle': () => process.exit(7),
  'recurses without end': function again() {
    again();
  },
  'runs out of memory': () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, () => kept.length));
  },
};

const atTheStart = {
  'throws at its start': () => {
    throw new RangeError('something');
  },
  'ends at its start': () => process.exit(7),
  'ends without a word': () => process.exit(0),
};

const way = process.env.OMS_FAULT_WORKER;

function note() {
  fs.appendFileSync(process.env.OMS_FAULT_LOG, 'fired thread -\n');
}

/** Does something before each read. */
function beforeReads(act) {
  const { readSync } = fs;
  let reads = 0;
  fs.readSync = (...words) => {
    reads += 1;
    act(reads);
    return readSync(...words);
  };
}

function changeMainThread() {
  const { Worker } = threads;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  // On a fast machine it would do without workers.
  beforeReads((number) => number < 10 && Atomics.wait(clock, 0, 0, 5));
  threads.Worker = class extends Worker {
    constructor(file, options) {
      // The main thread hashes too, and shall not be done before the worker has begun.
      if (way in inTheMiddle) beforeReads((number) => number < 15 && Atomics.wait(clock, 0, 0, 20));
      if (way === 'cannot be started') {
        note();
        throw new Error('there are no more threads');
      }
      const resourceLimits = { maxOldGenerationSizeMb: 32 };
      super(file, { ...options, execArgv: ['--require', __filename], resourceLimits });
    }
  };
}

function changeWorker() {
  if (way in atTheStart) {
    note();
    atTheStart[way]();
  }
  beforeReads((number) => {
    if (number !== MIDDLE) return;
    note();
    inTheMiddle[way]();
  });
}

if (threads.isMainThread) changeMainThread();
else changeWorker();

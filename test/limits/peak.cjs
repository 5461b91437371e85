// Loaded before a program that is measured: writes the most memory that was resident, in KiB, and
// the processor's time, in milliseconds.
'use strict';

process.on('exit', () => {
  const fs = require('node:fs');
  let peak;
  try {
    // Of this program alone: what getrusage says of a process begins with that of its parent.
    peak = /^VmHWM:\s*(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))?.[1];
  } catch {
    // There is no such file outside Linux.
  }
  const { user, system } = process.cpuUsage();
  fs.writeFileSync(process.env.OMS_PEAK_FILE, `${peak ?? ''} ${(user + system) / 1000}`);
});

// Loaded before a program whose memory is measured: writes the most that was resident, in KiB.
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
  fs.writeFileSync(process.env.OMS_PEAK_FILE, peak ?? '');
});

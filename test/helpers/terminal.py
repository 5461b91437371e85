"""Runs a command with its standard input and error on a pseudo-terminal.

The one argument is JSON: `command`; `columns`; and `acts`, what is done after so many redraws:
{"after": 2, "type": "\\u0003"}, or with "signal": "SIGTERM", "columns": 30 or "hangUp": true.
Prints JSON: `shown`, what came to the terminal; `stdout`; `exit`; and `seconds`, how long it took.
"""

import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

REDRAW = b"\x1b[K\r"


def resize(terminal, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def become_foreground():
    """Makes the terminal on standard input the one that sends signals for its keys."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # On Linux this is how it ends.
        return b""


def main(command, columns, acts):
    terminal, end = os.openpty()
    resize(terminal, columns)
    hangs_up = any("hangUp" in act for act in acts)
    shown = b""
    start = time.monotonic()
    with tempfile.TemporaryFile() as stdout:
        child = subprocess.Popen(
            command,
            stdin=end,
            stderr=end,
            stdout=stdout,
            preexec_fn=os.setsid if hangs_up else become_foreground,
        )
        os.close(end)
        while chunk := read(terminal):
            shown += chunk
            while acts and shown.count(REDRAW) >= acts[0]["after"]:
                act = acts.pop(0)
                if "type" in act:
                    os.write(terminal, act["type"].encode())
                if "signal" in act:
                    child.send_signal(signal.Signals[act["signal"]])
                if "columns" in act:
                    resize(terminal, act["columns"])
                if "hangUp" in act:
                    break
            else:
                continue
            break
        os.close(terminal)
        code = child.wait()
        seconds = time.monotonic() - start
        stdout.seek(0)
        text = stdout.read().decode()
    print(json.dumps({"shown": shown.decode(), "stdout": text, "exit": code, "seconds": seconds}))


main(**json.loads(sys.argv[1]))

#!/usr/bin/env python3
"""Runs a command at a terminal of its own and approves whatever it asks to approve, for tests where no person sits at one.

    scripts/at-terminal.py COMMAND [ARGUMENT...]
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys

ASKED = re.compile(r"Type ([0-9a-f]+) to approve, [^\n]*: $")
# A command that is silent for longer waits for an answer that is not known here.
PATIENCE = 100


def main() -> int:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        sys.argv[1:], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as command:
        os.close(theirs)
        unanswered = ""
        while True:
            if not select.select([ours], [], [], PATIENCE)[0]:
                command.kill()
                sys.exit(f"at-terminal.py: no word for {PATIENCE} s")
            try:
                shown = os.read(ours, 4096).decode(errors="replace")
            except OSError:  # what Linux says where the other end is closed
                break
            if not shown:
                break
            print(shown, end="", flush=True)
            unanswered += shown
            if asked := ASKED.search(unanswered):
                os.write(ours, asked[1].encode() + b"\n")
                unanswered = ""
        return command.wait()


if __name__ == "__main__":
    sys.exit(main())

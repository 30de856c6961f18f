"""Runs `eks-access` and writes the peak of its memory, in kB: python -m benchmarks.peak FILE ARGUMENT...

It is the kernel's own figure for this program. The maximum that `wait4` reports of a child is never less than what its
parent used before, because the child begins as a copy of the parent. https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
"""

import re
import sys
from pathlib import Path

from eks_access_cli.main import main


def read_peak() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise SystemExit("this system does not report the peak memory of a process")
    return int(found.group(1))


if __name__ == "__main__":
    file, *arguments = sys.argv[1:]
    try:
        main(arguments, prog_name="eks-access")
    finally:
        Path(file).write_text(str(read_peak()))

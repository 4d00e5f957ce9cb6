"""What the benchmark ran on, in a line that names nobody's machine."""

import os
import platform

import psutil


def description() -> str:
    """Cores, memory, system and Python."""
    memory = round(psutil.virtual_memory().total / 2**30)
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {memory} GiB of memory, {system}, Python {platform.python_version()}"

"""The files of the deployment guide and of the one on PgBouncer, read by the programs that they are for."""

import configparser
import os
import runpy
import shlex
import shutil
import stat
import subprocess
import sys

import pytest

from tests.docs import pages
from tests.docs.running import runs

PAGE = pages.DOCS / "how-to" / "deployment.md"
POOLERS = pages.DOCS / "how-to" / "pgbouncer.md"
UNIT = pages.file_of(PAGE, "/etc/systemd/system/shop-queue.service")
[DIRECTORY] = [block for block in pages.to_run(PAGE) if "tmpfiles.d" in block.text]
[POOLER] = [block for block in pages.to_run(POOLERS) if block.language == "ini"]
PYTHON = "/srv/shop/.venv/bin/python"
ACCOUNTS = {"passwd": "root:x:0:0::/root:/bin/sh\n", "group": "root:x:0:\nshop:x:4242:\n"}


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def unit_of(block):
    unit = configparser.ConfigParser()
    unit.optionxform = str
    unit.read_string(block.text)
    return unit


@runs(UNIT)
def test_the_command_of_the_unit_runs_the_queue(read_along, shown):
    service = unit_of(*shown)["Service"]
    reader = read_along(PAGE)
    name, _, value = service["Environment"].partition("=")
    assert shlex.split(service["ExecStart"])[0] == PYTHON
    reader.type(f"export {name}={value}")
    reader.type(service["ExecStart"].replace(PYTHON, "python"))


@needs("systemd-analyze")
@runs(UNIT)
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path, shown):
    path = tmp_path / "shop-queue.service"
    path.write_text(shown[0].text.replace(PYTHON, sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", path], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert [line for line in done.stderr.splitlines() if "shop-queue" in line] == []
    assert done.returncode == 0


@needs("systemd-tmpfiles")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to others")
@runs(DIRECTORY)
def test_the_directory_is_made_for_the_group(tmp_path, shown):
    (tmp_path / "etc").mkdir()
    for name, text in ACCOUNTS.items():
        (tmp_path / "etc" / name).write_text(text)
    (tmp_path / "shop.conf").write_text(shown[0].text)
    subprocess.run(["systemd-tmpfiles", "--create", f"--root={tmp_path}", tmp_path / "shop.conf"], check=True)
    made = (tmp_path / "run" / "shop").stat()
    assert (stat.S_IMODE(made.st_mode), made.st_gid) == (0o2770, 4242)


@runs(POOLER)
def test_the_pooler_of_the_tests_has_the_settings_of_the_page(shown, monkeypatch):
    monkeypatch.syspath_prepend(pages.ROOT / "scripts")
    ours = runpy.run_path(str(pages.ROOT / "scripts" / "throw_away.py"))["POOLER"]
    of_the_page, of_the_tests = configparser.ConfigParser(), configparser.ConfigParser()
    of_the_page.read_string(shown[0].text)
    of_the_tests.read_string(ours)
    assert of_the_page["pgbouncer"].items() <= of_the_tests["pgbouncer"].items()

"""One supervisor for one pidfile, whatever was left in its place."""

import os
import subprocess
import sys
import threading

import pytest

from dj_queue.runtime.pidfile import Pidfile, PidfileTaken


@pytest.fixture
def path(tmp_path):
    return tmp_path / "queue.pid"


@pytest.fixture
def other_pid():
    """A live process that is not this one."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate(b"\n")


def test_it_holds_the_pid_and_is_for_its_owner_alone(path):
    Pidfile(str(path)).acquire()
    assert path.read_text().split()[0] == str(os.getpid())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_live_holder_keeps_others_out(path, other_pid):
    path.write_text(f"{other_pid}\n")
    with pytest.raises(PidfileTaken, match=f"another supervisor runs with pid {other_pid}"):
        Pidfile(str(path)).acquire()
    assert path.read_text() == f"{other_pid}\n"


@pytest.mark.parametrize("left", ["", "\n", "garbage", "\udcff", "999999999 5\n"])
def test_what_no_live_process_holds_is_taken_over(path, left):
    path.write_text(left, errors="surrogateescape")
    Pidfile(str(path)).acquire()
    assert path.read_text().split()[0] == str(os.getpid())


@pytest.mark.fault(35)
def test_a_pid_that_was_used_again_does_not_count(path, other_pid):
    path.write_text(f"{other_pid} 1\n")
    Pidfile(str(path)).acquire()
    assert path.read_text().split()[0] == str(os.getpid())


def test_release_removes_it_once_and_lets_the_next_in(path):
    pidfile = Pidfile(str(path))
    pidfile.acquire()
    pidfile.release()
    assert not path.exists()
    pidfile.release()
    Pidfile(str(path)).acquire()


def test_release_leaves_anothers_file(path, other_pid):
    pidfile = Pidfile(str(path))
    pidfile.acquire()
    path.write_text(f"{other_pid}\n")
    pidfile.release()
    assert path.read_text() == f"{other_pid}\n"


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    path = tmp_path / "missing" / "queue.pid"
    with pytest.raises(PidfileTaken, match=r"missing/queue.pid: cannot be used as a pidfile: No such file"):
        Pidfile(str(path)).acquire()


def test_a_link_is_not_followed(tmp_path, path):
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PidfileTaken):
        Pidfile(str(path)).acquire()
    assert not (tmp_path / "elsewhere").exists()


def test_none_means_no_pidfile(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pidfile = Pidfile(None)
    pidfile.acquire()
    pidfile.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault(35)
def test_of_many_that_start_over_a_stale_file_one_wins(path):
    path.write_text("999999999 5\n")
    code = (
        "import sys\n"
        "from dj_queue.runtime.pidfile import Pidfile, PidfileTaken\n"
        "sys.stdin.readline()\n"
        "try:\n"
        "    Pidfile(sys.argv[1]).acquire()\n"
        "except PidfileTaken:\n"
        "    print('taken', flush=True)\n"
        "else:\n"
        "    print('mine', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    threads = [threading.Thread(target=_say, args=(starter, "go")) for starter in starters]
    for thread in threads:
        thread.start()
    answers = [starter.stdout.readline().strip() for starter in starters]
    for thread in threads:
        thread.join()
    for starter in starters:
        starter.communicate("end\n")
    assert sorted(answers) == ["mine", "taken", "taken", "taken"]


def _say(process, word):
    process.stdin.write(f"{word}\n")
    process.stdin.flush()

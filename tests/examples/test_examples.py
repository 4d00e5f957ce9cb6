"""Every example shows what it says."""

import pytest

from tests.examples.conftest import EXAMPLES

SCRIPTS = sorted(path.name for path in EXAMPLES.glob("ex*.py"))
SHOWN = {
    "ex01_basic_enqueue.py": "3 + 7 = 10",
    "ex02_basic_results.py": "{'whole': 3, 'rest': 2}",
    "ex03_basic_scheduled.py": "the daily digest is out",
    "ex04_basic_priority.py": "['password reset', 'welcome, Ada', 'welcome, Grace', 'newsletter']",
    "ex05_basic_bulk.py": "the squares sum up to 332833500",
    "ex06_basic_failed.py": "SUCCESSFUL, 12, 2 attempts",
    "ex07_basic_enqueue_on_commit.py": "after the commit:  2 jobs",
    "ex08_basic_recurring.py": "removed 1 recurring task",
    "ex09_basic_async.py": "had started before the first one ended",
    "ex10_basic_retry.py": "SUCCESSFUL after 3 attempts",
    "ex20_advanced_concurrency.py": "no two of one account overlap",
    "ex21_advanced_queue_control.py": "cleared: 100 jobs",
    "ex22_advanced_selectors.py": "email_urgent; email_digest; default, priority 100",
    "ex23_advanced_hooks.py": "worker has ended: worker-",
    "ex24_advanced_multi_db.py": "jobs in the database 'default': 0",
    "ex25_advanced_asgi.py": "server: lifespan.shutdown.complete",
    "ex26_advanced_project_plugin.py": "buy ended with builtins.ValueError",
    "ex27_advanced_health.py": "after the stop: exit code 1",
    "ex28_advanced_crash.py": "the worker process was killed by SIGKILL",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_example_ends_well_and_shows_its_theme(run_script, script):
    ended = run_script(script)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert SHOWN[script] in ended.stdout


def test_every_example_is_in_the_index_and_the_index_names_no_other():
    index = (EXAMPLES / "README.md").read_text()
    linked = [
        f"{line.partition('](')[2].partition(')')[0]}"
        for line in index.splitlines()
        if line.startswith("| [")
    ]
    assert linked == SCRIPTS

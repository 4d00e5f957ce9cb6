"""The README, the quickstart and the servers' files do what they say, on SQLite, with real processes."""

import shlex
import shutil
import signal
import subprocess
import sys

import pytest

from tests.docs.pages import DOCS, README, ROOT, blocks, file_of, to_run
from tests.docs.running import runs, runs_each
from tests.docs.typing_along import Reader

QUICKSTART = DOCS / "quickstart.md"
EMBEDDING = DOCS / "how-to" / "embedding.md"
RUN_ADD = """
from mail.tasks import add

result = add.enqueue(3, 7)
# a moment later
result.return_value  # 10
"""
TABLES_OF_0_X = """
from django.db import connection

with connection.cursor() as cursor:
    for sql in [
        "CREATE TABLE dj_queue_jobs (id char(32) PRIMARY KEY, task_path text, payload text, queue_name varchar(64),"
        " priority smallint, scheduled_at datetime NULL)",
        "CREATE TABLE dj_queue_ready_executions (job_id char(32))",
        "CREATE TABLE dj_queue_scheduled_executions (job_id char(32))",
        "CREATE TABLE dj_queue_blocked_executions (job_id char(32))",
        "CREATE TABLE dj_queue_recurring_tasks (key varchar(255), task_path varchar(255), payload text,"
        " schedule varchar(255), queue_name varchar(64), priority smallint, description text, static bool)",
        "INSERT INTO dj_queue_jobs VALUES ('a', 'mail.tasks.add', '{\\"args\\": [1], \\"kwargs\\": {\\"b\\": 2}}',"
        " 'email', 5, NULL)",
        "INSERT INTO dj_queue_jobs VALUES ('b', 'mail.tasks.add', '{\\"args\\": [1, 2], \\"kwargs\\": {}}',"
        " 'default', 0, '2099-01-01 12:00:00')",
        "INSERT INTO dj_queue_jobs VALUES ('done', 'mail.tasks.add', '{}', 'default', 0, NULL)",
        "INSERT INTO dj_queue_ready_executions VALUES ('a')",
        "INSERT INTO dj_queue_scheduled_executions VALUES ('b')",
        "INSERT INTO dj_queue_recurring_tasks VALUES ('hourly', 'mail.tasks.add',"
        " '{\\"args\\": [1, 2], \\"kwargs\\": {}}', '0 * * * *', 'default', 0, '', 0)",
    ]:
        cursor.execute(sql)
"""
CARRIED_OVER = """
from dj_queue.models import Job, RecurringTask

jobs = Job.objects.order_by("queue_name").values_list("queue_name", "status", "priority", "args", "kwargs")
list(jobs)  # [('default', 'scheduled', 0, [1, 2], {}), ('email', 'ready', 5, [1], {'b': 2})]
str(Job.objects.get(status="scheduled").run_after)  # '2099-01-01 12:00:00+00:00'
list(RecurringTask.objects.values_list("key", "args"))  # [('hourly', [1, 2])]
"""


@pytest.fixture
def reader(tmp_path):
    readers = []

    def make(**files):
        readers.append(Reader(tmp_path, files))
        return readers[-1]

    yield make
    for each in readers:
        each.abandon()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The project of the quickstart, migrated."""
    folder = tmp_path_factory.mktemp("shop")
    typist = Reader(folder)
    typist.type("django-admin startproject shop .")
    typist.type("python manage.py startapp mail")
    for block in blocks(QUICKSTART, "python"):
        if block.file:
            typist.write(block)
    typist.type("python manage.py migrate -v0")
    return folder


@pytest.fixture
def in_shop(reader, shop, tmp_path):
    """A reader in a copy of that project."""
    shutil.copytree(shop, tmp_path, dirs_exist_ok=True)
    return reader()


@runs(*to_run(QUICKSTART))
def test_quickstart_leads_from_nothing_to_a_job_that_ran(reader, shown):
    typist = reader()
    typist.follow(shown)

    assert typist.stop() == [0]


@runs(*to_run(README))
def test_readme_makes_a_queue_of_any_project(reader, shown):
    typist = reader(**{"settings.py": "shop/settings.py"})
    typist.type("django-admin startproject shop .")
    typist.type("python manage.py startapp myapp")
    typist.follow(shown)

    assert typist.stop() == [0]


@runs(file_of(EMBEDDING, "shop/asgi.py"))
def test_asgi_file_runs_jobs_while_its_server_serves(in_shop, shown):
    (in_shop.folder / "shop" / "asgi.py").unlink()
    in_shop.write(*shown)
    in_shop.start("-m", "uvicorn", "shop.asgi:application", "--port", "0")
    in_shop.shell(RUN_ADD)

    assert in_shop.stop() in ([0], [-signal.SIGTERM])
    in_shop.shell("from dj_queue.models import Process\nProcess.objects.count()  # 0")


@pytest.mark.parametrize("arguments", [(), ("--preload",)], ids=["", "preloaded"])
@runs_each([block for block in blocks(EMBEDDING) if block.file == "gunicorn.conf.py"])
def test_gunicorn_file_runs_jobs_in_one_of_its_workers(in_shop, block, arguments):
    in_shop.write(block)
    in_shop.start("-m", "gunicorn", "shop.wsgi", "--workers", "2", "--bind", "127.0.0.1:0", *arguments)
    in_shop.shell(RUN_ADD)
    in_shop.shell("from dj_queue.models import Process\nProcess.objects.filter(kind='worker').count()  # 1")

    assert in_shop.stop() == [0]
    in_shop.shell("from dj_queue.models import Process\nProcess.objects.count()  # 0")


@runs(file_of(DOCS / "how-to" / "moving-from-0.x.md", "carry_over.py"))
def test_script_carries_waiting_jobs_over_from_0_x_once(in_shop, shown):
    script = shown[0].text
    in_shop.shell(TABLES_OF_0_X)
    assert "2 jobs and 1 recurring tasks" in in_shop.run("manage.py", "shell", "-v0", text=script)
    assert "0 jobs" in in_shop.run("manage.py", "shell", "-v0", text=script)

    in_shop.shell(CARRIED_OVER)


@runs(*to_run(ROOT / "examples" / "README.md"))
def test_a_small_example_is_started_by_a_line(shown):
    (line,) = shown[0].text.splitlines()
    python, *script = shlex.split(line)
    assert python == ".venv-demo/bin/python"
    subprocess.run([sys.executable, *script], cwd=ROOT, check=True, capture_output=True)

"""The admin is optional, and says nothing where no queue is configured."""

import os
import subprocess
import sys

import pytest
from django.contrib import admin
from django.test import override_settings

from dj_queue import models
from tests.admin.pages import Page

OTHER = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
PROBE = """
import sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check", "--fail-level", "ERROR"])
loaded = [name for name in sys.modules if name.startswith(("dj_queue.admin", "django.contrib.admin."))]
sys.exit(f"loaded: {loaded}" if loaded else 0)
"""


def test_project_without_the_admin_never_loads_ours():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.admin.without_admin"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], check=False, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_model_is_registered():
    registered = set(admin.site._registry)
    assert {getattr(models, name) for name in models.__all__} <= registered


@pytest.mark.parametrize(
    "model", ["job", "failedexecution", "process", "recurringtask", "pause", "semaphore"]
)
def test_lists_are_empty_where_no_queue_is_configured(boss, model):
    with override_settings(TASKS=OTHER):
        response = boss.get(f"/admin/dj_queue/{model}/")
    assert response.status_code == 200
    assert Page(response).rows() == 0

"""Example distributions, installed once a run, and a project of a user beside them."""

import signal
import subprocess

import pytest

from tests.examples.plugins.installation import ROOT, environment_of_a_user, install

PLUGINS = ROOT / "examples" / "plugins"


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """`installed(name)` is an interpreter that has the example of this name, dj-queue and its plugins from wheels."""
    made = {}

    def interpreter(name):
        if name not in made:
            made[name] = install(tmp_path_factory.mktemp(name), PLUGINS / name)
        return made[name]

    return interpreter


@pytest.fixture
def outside():
    """The environment variables of a user: none of this run's own."""
    return environment_of_a_user()


@pytest.fixture
def project(tmp_path, outside):
    """`project(python, settings, **files)` makes a project with these settings and files, migrated."""
    projects = []

    def make(python, settings, **files):
        for name, text in {"settings": settings, **files}.items():
            (tmp_path / f"{name}.py").write_text(text)
        projects.append(Project(tmp_path, python, {**outside, "DJANGO_SETTINGS_MODULE": "settings"}))
        projects[-1].run("-m", "django", "migrate", "-v0")
        return projects[-1]

    yield make
    for each in projects:
        each.stop()


class Project:
    """A user's project: its folder is where its processes run."""

    def __init__(self, folder, python, environment):
        self.folder = folder
        self.python = python
        self.environment = environment
        self.log = folder / "queue.log"
        self._processes = []

    def run(self, *arguments):
        """What this ends with, in a process of its own, and says on either stream."""
        done = subprocess.run(
            [self.python, *arguments], **self._here, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start_queue(self, *arguments):
        """A real `manage.py dj_queue`; what it says goes to the log."""
        with self.log.open("a") as log:
            command = [self.python, "-m", "django", "dj_queue", *arguments]
            self._processes.append(subprocess.Popen(command, **self._here, stdout=log, stderr=log))

    def stop(self):
        """Stop every queue."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(90)
            finally:
                process.kill()
                process.wait()

    @property
    def _here(self):
        return {"cwd": self.folder, "env": self.environment}

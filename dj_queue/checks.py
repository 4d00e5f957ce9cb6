"""What `manage.py check` says about one backend alias: options, plugins and database, without connecting."""

from collections.abc import Collection, Iterator, Sequence

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from dj_queue.contract import CheckMessage as PluginMessage
from dj_queue.contract.names import check_queue_name
from dj_queue.exceptions import ConfigurationError, PluginError, UnknownTask
from dj_queue.operations.tasks import find_task
from dj_queue.plugins.extras import install_command
from dj_queue.services import Services, services_for

LEVELS = {"error": checks.Error, "warning": checks.Warning}


def check_backend(alias: str) -> list[CheckMessage]:
    """Every problem of this alias, all at once."""
    return [*_queue_names(alias), *_beyond_queue_names(alias)]


def as_django(messages: Sequence[PluginMessage]) -> list[CheckMessage]:
    """A plugin's findings as Django's check messages."""
    return [
        LEVELS.get(m.level, checks.Warning)(m.text, hint=m.hint or None, id=m.id or None) for m in messages
    ]


def _queue_names(alias: str) -> Iterator[CheckMessage]:
    """QUEUES is Django's own, which looks into it only when a task is made."""
    place = f"TASKS[{alias!r}]['QUEUES']"
    names = settings.TASKS[alias].get("QUEUES", ())
    if isinstance(names, str) or not isinstance(names, Collection):
        yield checks.Error(f"{place}: {names!r} is not a list of queue names", id="dj_queue.E003")
        return
    for index, name in enumerate(names):
        try:
            check_queue_name(name)
        except ValueError as error:
            yield checks.Error(f"{place}[{index}]: {error}", id="dj_queue.E003")


def _beyond_queue_names(alias: str) -> list[CheckMessage]:
    try:
        services = services_for(alias)
    except ConfigurationError as error:
        return [checks.Error(problem, id="dj_queue.E001") for problem in error.problems]
    except PluginError as error:
        return [checks.Error(str(error), id="dj_queue.E002")]
    return [*_plugin_messages(services), *_portable_warning(services), *_unknown_tasks(services)]


def _plugin_messages(services: Services) -> list[CheckMessage]:
    answers = services.host.ask_all("dj_queue_system_checks", database=services.database)
    return [message for _plugin, messages in answers for message in as_django(messages)]


def _portable_warning(services: Services) -> list[CheckMessage]:
    """The portable dialect is correct but slow, and may run into locks: name what to install."""
    hint = install_command(services.database.vendor)
    if services.dialect.name != "portable" or hint is None:
        return []
    where = f"the database {services.database.alias!r} of backend alias {services.alias!r}"
    return [
        checks.Warning(
            f"{where} is served by the portable dialect, not its own: slower, and under load it may run into locks",
            hint=hint,
            id="dj_queue.W001",
        )
    ]


def _unknown_tasks(services: Services) -> list[CheckMessage]:
    """Recurring tasks whose paths name no task would never fire."""
    found: list[CheckMessage] = []
    for task in services.options.recurring:
        try:
            find_task(task.task_path)
        except UnknownTask as error:
            where = f"TASKS[{services.alias!r}]['OPTIONS']['recurring'][{task.key!r}]['task_path']"
            found.append(checks.Warning(f"{where}: {error}", id="dj_queue.W002"))
    return found

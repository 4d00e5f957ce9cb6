"""What serves one backend alias: options, dialect, claim strategy, wakeups, plugins; built at first use."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils.module_loading import import_string

from dj_queue.config import rereading
from dj_queue.config.assembly import Sources, ask_again, assemble, merged_of
from dj_queue.config.load import read_options
from dj_queue.config.merge import Merged, merge
from dj_queue.config.options import Options
from dj_queue.config.rereading import Reread
from dj_queue.contract import (
    ClaimStrategy,
    ConfigSourceError,
    DatabaseInfo,
    Dialect,
    Invocation,
    PluginOptionsError,
    WakeupTransport,
)
from dj_queue.exceptions import ConfigurationError, PluginError
from dj_queue.plugins.broadcasts import Broadcasts
from dj_queue.plugins.extras import install_command
from dj_queue.plugins.host import PluginHost

BACKEND_MARK = "stores_jobs_in_dj_queue"


@dataclass(frozen=True, slots=True)
class Services:
    """All that serves one backend alias. Holds no connection and no thread, so it may cross a fork."""

    alias: str
    backend_class: type
    """The class that TASKS names: the sender of Django's task signals."""
    options: Options
    sources: Sources
    merged: Merged
    database: DatabaseInfo
    dialect: Dialect
    claim: ClaimStrategy
    wakeups: tuple[WakeupTransport, ...]
    host: PluginHost
    broadcasts: Broadcasts

    @property
    def ask_again_after(self) -> float | None:
        """Seconds after which some source of options wants to be asked again, or None."""
        waits = [each.ask_again_after for each in self.sources if each.ask_again_after is not None]
        return min(waits, default=None)


_lock = threading.RLock()
_services: dict[str, Services] = {}
_invocation: Invocation | None = None


def services_for(alias: str) -> Services:
    """What serves this backend alias.

    Raises:
        ConfigurationError: the alias is not dj_queue's, or its options are wrong.
        PluginError: a plugin is broken, or two answer for one database.
    """
    found = _services.get(alias)
    if found is not None:
        return found
    with _lock:
        if alias not in _services:
            _services[alias] = _build(alias)
        return _services[alias]


def read_again(services: Services) -> Reread:
    """Ask the sources of options again that want it; changes nothing by itself.

    Raises:
        ConfigurationError: a source cannot be read, or what it says is wrong.
        PluginError: a plugin is broken.
    """
    try:
        sources = ask_again(services.alias, current_invocation(), services.host, services.sources)
    except ConfigSourceError as error:
        raise ConfigurationError([str(error)]) from error
    return rereading.read_again(services.alias, services.options, services.merged, sources)


def adopt(services: Services, reread: Reread) -> Services:
    """Serve the alias with other options from now on; plugins and what they gave stay."""
    adopted = replace(services, options=reread.options, merged=reread.merged, sources=reread.sources)
    with _lock:
        # Settings that have changed meanwhile are newer.
        if _services.get(services.alias) is services:
            _services[services.alias] = adopted
    return adopted


def start_with(invocation: Invocation) -> None:
    """Build services from now on for this command line; for the process that the command line started."""
    global _invocation  # noqa: PLW0603 - one process has one command line
    with _lock:
        _invocation = invocation
        _services.clear()


def reset() -> None:
    """Forget what was built: the settings changed."""
    with _lock:
        _services.clear()


def queue_aliases() -> tuple[str, ...]:
    """The keys of TASKS whose backend is dj_queue's or a subclass of it."""
    found = []
    for alias, params in settings.TASKS.items():
        try:
            backend = import_string(str(params.get("BACKEND", "")))
        except ImportError:
            continue
        if getattr(backend, BACKEND_MARK, False):
            found.append(alias)
    return tuple(found)


def database_of(alias: str) -> DatabaseInfo:
    """What is known of a database without connecting to it.

    Raises:
        ConfigurationError: Django cannot load its backend, such as for want of a driver.
    """
    try:
        connection = connections[alias]
    except ImproperlyConfigured as error:
        text = f"DATABASES[{alias!r}]: {' '.join(str(error).split())}"
        engine = str(settings.DATABASES.get(alias, {}).get("ENGINE", "")).rpartition(".")[2]
        install = install_command(engine)
        raise ConfigurationError([f"{text}; {install}" if install else text]) from error
    return DatabaseInfo(alias, connection.vendor, connection.settings_dict["ENGINE"])


def current_invocation() -> Invocation:
    """How this process was started."""
    return _invocation or Invocation(environment=dict(os.environ))


def _build(alias: str) -> Services:
    backend_class = _backend_class(alias)
    try:
        host, sources = assemble(alias, current_invocation())
    except ConfigSourceError as error:
        raise ConfigurationError([str(error), *_problems_in_settings(alias)]) from error
    merged = merged_of(sources)
    options = read_options(alias, merged)
    try:
        return _serving(alias, backend_class, host, sources, merged, options)
    except PluginOptionsError as error:
        texts = [f"{merged.place(('plugin_options', *path))}: {text}" for path, text in error.problems]
        raise ConfigurationError(texts) from error


def _serving(
    alias: str, backend_class: type, host: PluginHost, sources: Sources, merged: Merged, options: Options
) -> Services:
    """What the plugins give for these options."""
    host.ask_all("dj_queue_configure", alias=alias, options=options.values)
    database = database_of(options.database_alias)
    dialect = host.ask_one("dj_queue_dialect", options.dialect, database=database)
    facts = {"database": database, "options": options.values}
    claim = host.ask_one("dj_queue_claim_strategy", options.claim_strategy, dialect=dialect, **facts)
    return Services(
        alias=alias,
        backend_class=backend_class,
        options=options,
        sources=sources,
        merged=merged,
        database=database,
        dialect=_required(dialect, "dialect", alias),
        claim=_required(claim, "claim strategy", alias),
        wakeups=_wakeups(host, merged, options, facts),
        host=host,
        broadcasts=Broadcasts.of(host, options.on_thread_error),
    )


def _problems_in_settings(alias: str) -> list[str]:
    """What is wrong with the OPTIONS by themselves, while another source cannot be read."""
    # Its package imports models, and a backend is imported before the apps are ready.
    from dj_queue.portable.config_sources import settings_layer

    try:
        read_options(alias, merge([settings_layer(alias)]))
    except ConfigurationError as error:
        return error.problems
    except ConfigSourceError:
        return []
    return []


def _wakeups(
    host: PluginHost, merged: Merged, options: Options, facts: Mapping[str, Any]
) -> tuple[WakeupTransport, ...]:
    answers = [answer.value for answer in host.ask_all("dj_queue_wakeup_transport", **facts)]
    # Those beside us first: telling them takes microseconds, and telling every host a round trip.
    transports = tuple(sorted(answers, key=lambda transport: transport.hears_every_host))
    wanted = options.wakeup
    if wanted is None:
        return transports
    names = {transport.name for transport in transports}
    if not names.issuperset(wanted):
        unknown, there = sorted({*wanted} - names), ", ".join(sorted(names)) or "none"
        place = merged.place(("wakeup",))
        raise ConfigurationError([f"{place}: no plugin gives {', '.join(unknown)}; there is: {there}"])
    return tuple(transport for transport in transports if transport.name in wanted)


def _required[T](answer: T | None, what: str, alias: str) -> T:
    if answer is None:
        raise PluginError(f"no plugin gives a {what} for the backend alias {alias!r}")
    return answer


def _backend_class(alias: str) -> type:
    path = _settings_of(alias).get("BACKEND")
    place = f"TASKS[{alias!r}]['BACKEND']"
    try:
        backend_class: type = import_string(str(path))
    except ImportError as error:
        raise ConfigurationError([f"{place}: {path!r} cannot be imported: {error}"]) from error
    if not getattr(backend_class, BACKEND_MARK, False):
        ours = ", ".join(map(repr, queue_aliases())) or "none"
        raise ConfigurationError([f"{place}: {path!r} is not dj_queue's; the aliases that are: {ours}"])
    return backend_class


def _settings_of(alias: str) -> Mapping[str, Any]:
    if alias not in settings.TASKS:
        known = ", ".join(repr(name) for name in settings.TASKS)
        raise ConfigurationError([f"TASKS has no backend alias {alias!r}; it has {known}"])
    params: Mapping[str, Any] = settings.TASKS[alias]
    return params

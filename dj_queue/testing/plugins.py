"""A plugin for the time of one test."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.test import override_settings

from dj_queue.services import Services, services_for


@contextmanager
def plugged(plugin: object, *, backend_alias: str = "default", **options: Any) -> Iterator[Services]:
    """Run a backend alias with one more plugin, as if `OPTIONS["plugins"]` named it.

    Args:
        plugin: a module, a class or an object with hook implementations.
        backend_alias: the key in TASKS.
        **options: other OPTIONS for the time of the test, such as `plugin_options`.

    Raises:
        PluginError: the plugin does not fit the contract; the text says where.
        ConfigurationError: an option is wrong.
    """
    name = f"plugin_{uuid4().hex}"
    module = sys.modules[__name__]
    setattr(module, name, plugin)
    tasks: dict[str, Any] = deepcopy(settings.TASKS)
    values = tasks[backend_alias].setdefault("OPTIONS", {})
    values.update(options)
    values["plugins"] = [*values.get("plugins", []), f"{__name__}.{name}"]
    try:
        with override_settings(TASKS=tasks):
            services = services_for(backend_alias)
            services.host.require_sound()
            yield services
    finally:
        delattr(module, name)

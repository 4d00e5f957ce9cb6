"""What a project says of its Redis: `plugin_options["redis"]`, checked at boot and by `manage.py check`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dj_queue.contract import PluginOptionsError
from dj_queue_redis_wakeup.client import is_url

KEY = "redis"
DEFAULT_CHANNEL = "dj_queue"
CHANNEL = re.compile(r"[\w.:-]{1,64}", re.ASCII)

type Problem = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """Where Redis is, and how the channels begin that this project uses on it."""

    url: str
    channel: str = DEFAULT_CHANNEL

    def channel_of(self, database_alias: str) -> str:
        """The channel for the jobs of one database."""
        return f"{self.channel}:{database_alias}"


def read_options(plugin_options: Mapping[str, Any]) -> RedisOptions | None:
    """The options of this plugin; None where a backend alias has none.

    Raises:
        PluginOptionsError: they cannot work; every problem is named. None shows a URL, which may hold a password.
    """
    given = plugin_options.get(KEY)
    if given is None:
        return None
    problems = list(_problems(given))
    if problems:
        raise PluginOptionsError(problems)
    return RedisOptions(**given)


def _problems(given: Any) -> list[Problem]:
    if not isinstance(given, Mapping):
        return [((KEY,), "write a mapping with 'url' and, where projects share a Redis, 'channel'")]
    unknown = [name for name in given if name not in ("url", "channel")]
    problems: list[Problem] = [
        ((KEY, str(name)), "there is no such option; there are 'url' and 'channel'") for name in unknown
    ]
    if not is_url(given.get("url")):
        text = (
            "write a URL that redis-py reads, such as redis://host:6379, rediss://host:6379 or unix:///path"
        )
        problems.append(((KEY, "url"), text))
    channel = given.get("channel", DEFAULT_CHANNEL)
    if not isinstance(channel, str) or not CHANNEL.fullmatch(channel):
        text = f"{channel!r} is no beginning of channels; use 1 to 64 letters, digits, '_', '.', ':' and '-'"
        problems.append(((KEY, "channel"), text))
    return problems

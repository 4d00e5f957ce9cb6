"""The hook this distribution answers."""

from collections.abc import Mapping
from typing import Any

from dj_queue.contract import DatabaseInfo, WakeupTransport, hookimpl

DJ_QUEUE_CONTRACT = (1, 0)


@hookimpl
def dj_queue_wakeup_transport(database: DatabaseInfo, options: Mapping[str, Any]) -> WakeupTransport | None:
    """Publish and subscribe on the Redis that `plugin_options["redis"]` names; without that none."""
    from dj_queue_redis_wakeup.options import read_options

    redis = read_options(options.get("plugin_options", {}))
    if redis is None:
        return None
    from dj_queue_redis_wakeup.wakeup import RedisWakeup

    return RedisWakeup(redis.url, redis.channel_of(database.alias))

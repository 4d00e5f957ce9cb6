"""Redis as this plugin uses it: bounded in time, and nothing is tried twice behind its back."""

from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def client(url: str, patience: float) -> Redis:
    """A client that connects when it is used, in the process that uses it: redis-py notices forks.

    Args:
        url: where Redis is; what its query says comes first.
        patience: seconds to wait for a connection, and for each answer.
    """
    return Redis.from_url(
        url,
        protocol=2,
        socket_connect_timeout=patience,
        socket_timeout=patience,
        retry=Retry(NoBackoff(), 0),
    )


def is_url(url: Any) -> bool:
    """Whether redis-py can make connections of it; connects to nothing."""
    try:
        client(url, 1.0).connection_pool.make_connection()
    except Exception:  # noqa: BLE001 - each part of a URL has its own way to be wrong
        return False
    return isinstance(url, str)

"""Layers as the core makes them, and what reading them says."""

from dj_queue.config.load import read_options
from dj_queue.config.merge import merge
from dj_queue.contract import ConfigLayer
from dj_queue.contract.config import ENVIRONMENT, FILE, SETTINGS
from dj_queue.exceptions import ConfigurationError

PLACE = "TASKS['default']['OPTIONS']"


def in_settings(**values):
    return ConfigLayer("TASKS", SETTINGS, values, PLACE)


def in_file(**values):
    return ConfigLayer("queue.yml", FILE, values, "queue.yml")


def in_environment(**values):
    return ConfigLayer("DJ_QUEUE_MODE", ENVIRONMENT, values, "DJ_QUEUE_MODE")


def read(*layers, alias="default"):
    return read_options(alias, merge(layers))


def problems(*layers, alias="default"):
    """Every problem that reading these layers names."""
    try:
        read(*layers, alias=alias)
    except ConfigurationError as error:
        return error.problems
    return []

"""Supervisors: one forks its actors, one runs them as threads; either boots, watches and replaces them."""

from dj_queue.runtime.supervisor.base import Supervisor
from dj_queue.runtime.supervisor.fork import ForkSupervisor
from dj_queue.runtime.supervisor.threaded import AsyncSupervisor

__all__ = ["AsyncSupervisor", "ForkSupervisor", "Supervisor"]

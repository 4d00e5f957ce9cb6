"""The demo's tasks."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.tasks import task

from library.census import measure_source
from library.models import Module, Tick


@task(queue_name="census")
def measure(module_id: int) -> dict[str, Any]:
    """Parse one module and count what is in it."""
    module = Module.objects.get(id=module_id)
    return {"module": module.name, **measure_source(Path(module.path).read_bytes())}


@task
def ring(text: str) -> str:
    """What a scheduled job does at its time."""
    return f"ring, ring: {text}"


@task
def tick() -> None:
    """What the recurring task does every second: see demo.yml."""
    Tick.objects.create(at=datetime.now(UTC))


@task
def divide(dividend: int, divisor: int) -> float:
    """Fails for the divisor 0; the traceback is stored."""
    return dividend / divisor


@task
async def wait_for_an_answer(seconds: float) -> float:
    """Stands for a call over the network: it waits on the worker's event loop and holds no thread."""
    await asyncio.sleep(seconds)
    return seconds


@task
def ping() -> str:
    """Takes no time at all, so that a lone job's way through the queue can be measured."""
    return "pong"

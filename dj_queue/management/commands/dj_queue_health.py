"""`manage.py dj_queue_health`: exit code 0 while someone works on the queue, 1 with the reason otherwise; repairs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dj_queue.management import arguments
from dj_queue.management.examples import add_examples
from dj_queue.management.refusals import blaming_the_database, in_plain_words
from dj_queue.operations import health
from dj_queue.operations.anomalies import STUCK_AFTER, lasting_anomalies
from dj_queue.operations.anomaly import Anomaly
from dj_queue.operations.repair import repair
from dj_queue.schema import require_ready
from dj_queue.services import Services, services_for


class Unhealthy(CommandError):
    """Nobody works on the queue, or something is wrong with it."""


class Command(BaseCommand):
    """Judges one backend alias from its database, wherever its processes run."""

    help = (
        "Say in one line whether the queue of one backend alias is worked on; exit with 1 and the reason when not. "
        "For probes of orchestrators and monitoring. With --repair, set going what is stuck."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own attribute

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which backend, and what counts as healthy."""
        arguments.add_backend(parser)
        parser.add_argument(
            "--max-age",
            type=arguments.seconds,
            metavar="SECONDS",
            help="the oldest heartbeat of a live process (default: the option process_alive_threshold)",
        )
        parser.add_argument(
            "--deep",
            action="store_true",
            help="look for what is stuck too: jobs claimed by nobody, blocked beside a free slot, late or waiting by "
            "more than --max-age; workers that do not get on; clocks that differ; old transactions",
        )
        parser.add_argument(
            "--repair",
            action="store_true",
            help="as --deep, and set going what is safe to; says what it did and what it leaves to you",
        )
        parser.add_argument(
            "--stuck-after",
            type=arguments.seconds,
            default=STUCK_AFTER,
            metavar="SECONDS",
            help="how long the same jobs may fill a worker while others wait, and a transaction stay open, "
            f"before --deep names it (default: {STUCK_AFTER:.0f})",
        )
        parser.add_argument(
            "--require-version", metavar="V", help="refuse live processes of another version of dj_queue"
        )
        add_examples(
            parser,
            ("dj_queue_health", "is anybody at work? For a probe"),
            ("dj_queue_health --deep", "and is anything stuck?"),
            ("dj_queue_health --repair", "set going what is stuck"),
            ("dj_queue_health --require-version 1.0.0", "has every process been replaced?"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line, or the reason."""
        with in_plain_words():
            services = services_for(options["backend"])
            with blaming_the_database(services):
                require_ready(services.database.alias)
                self._judge(services, options)

    def _judge(self, services: Services, options: dict[str, Any]) -> None:
        max_age = options["max_age"] or services.options.process_alive_threshold
        if options["repair"]:
            self._repair(services, max_age, options["stuck_after"])
        states = health.process_states(services)
        reason = health.why_unhealthy(states, max_age, options["require_version"])
        if reason is not None:
            raise Unhealthy(f"backend {services.alias!r}: {reason}")
        if options["deep"] or options["repair"]:
            found = self._stuck(services, max_age, options["stuck_after"])
            if found:
                raise Unhealthy("\n".join(f"backend {services.alias!r}: {anomaly.text}" for anomaly in found))
        alive = health.live(states, max_age)
        age = alive[0].seconds_silent
        self.stdout.write(
            f"backend {services.alias!r} is healthy: {health.counted(alive)}; last heartbeat {age:.0f} s ago"
        )

    def _repair(self, services: Services, max_age: float, stuck_after: float) -> None:
        for treated in repair(services, self._stuck(services, max_age, stuck_after)):
            word = "repaired" if treated.is_repaired else "left"
            self.stdout.write(f"{word}: {treated.anomaly.text}: {treated.text}")

    def _stuck(self, services: Services, max_age: float, stuck_after: float) -> list[Anomaly]:
        alive = health.live(health.process_states(services), max_age)
        workers = [state for state in alive if state.kind == "worker"]
        return lasting_anomalies(services, workers, max_age, stuck_after)

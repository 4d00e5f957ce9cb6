"""`manage.py dj_queue_prune`: delete what is over, until nothing is due."""

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dj_queue.management import arguments
from dj_queue.management.examples import add_examples
from dj_queue.management.progress import progress
from dj_queue.management.refusals import blaming_the_database, in_plain_words
from dj_queue.operations.cleanup import BATCH, Narrowing, Retention, count_due, prune
from dj_queue.schema import require_ready
from dj_queue.services import services_for


class Command(BaseCommand):
    """Prunes one backend alias in short transactions; what was deleted so far stays deleted when it is stopped."""

    help = (
        "Delete finished jobs, failed jobs and records of recurring slots whose time is over. Without arguments "
        "by the retention options, as the dispatcher does; with ages, exactly what they name."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own attribute

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ages by kind, and what narrows them."""
        arguments.add_backend(parser)
        for flag, what in (
            ("--older-than", "jobs that were successful, cancelled or discarded"),
            ("--failed-older-than", "jobs that failed"),
            ("--recurring-older-than", "records of slots that recurring tasks fired"),
        ):
            text = f"delete {what} more than this long ago"
            parser.add_argument(flag, type=arguments.seconds_or_zero, metavar="SECONDS", help=text)
        parser.add_argument(
            "--batch-size",
            type=arguments.batch_size,
            default=BATCH,
            metavar="ROWS",
            help=f"rows deleted in one transaction (default: {BATCH})",
        )
        parser.add_argument("--task-path", metavar="PATH", help="only jobs of this task")
        parser.add_argument(
            "--task-key", metavar="KEY", help="only slots of the recurring task with this key"
        )
        add_examples(
            parser,
            ("dj_queue_prune", "what the retention options say is over"),
            ("dj_queue_prune --older-than 86400", "what ended well more than a day ago"),
            (
                "dj_queue_prune --failed-older-than 604800 --task-path shop.tasks.ship",
                "old failures of one task",
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and say how many of what."""
        with in_plain_words():
            services = services_for(options["backend"])
            narrowing = Narrowing(options["task_path"], options["task_key"])
            retention = _retention(options, narrowing, Retention.of(services.options))
            with blaming_the_database(services):
                require_ready(services.database.alias)
                with progress(partial(count_due, services, retention, narrowing), " rows") as advance:
                    counts = prune(services, retention, narrowing, options["batch_size"], advance)
        done = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        self.stdout.write(
            f"backend {services.alias!r}: pruned {done or 'nothing: the options keep all of it'}"
        )


def _retention(options: dict[str, Any], narrowing: Narrowing, configured: Retention) -> Retention:
    """The ages given; without any, the configured ones of what is narrowed, or of everything."""
    given = Retention(options["older_than"], options["failed_older_than"], options["recurring_older_than"])
    if given != Retention():
        _refuse_idle(given, narrowing)
        return given
    if narrowing.task_path is not None and narrowing.recurring_key is None:
        return Retention(configured.finished_jobs, configured.failed_jobs)
    if narrowing.recurring_key is not None and narrowing.task_path is None:
        return Retention(firings=configured.firings)
    return configured


def _refuse_idle(given: Retention, narrowing: Narrowing) -> None:
    """Refuse what would narrow nothing: someone expects it to."""
    if narrowing.task_path is not None and given.finished_jobs is None and given.failed_jobs is None:
        raise CommandError("--task-path narrows --older-than and --failed-older-than: give one of them too")
    if narrowing.recurring_key is not None and given.firings is None:
        raise CommandError("--task-key narrows --recurring-older-than: give that too")

"""`manage.py dj_queue`: run the queue, or look at what it would run with."""

import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dj_queue import schema
from dj_queue.contract import Invocation
from dj_queue.management import arguments, reports
from dj_queue.management.examples import add_examples
from dj_queue.management.logging import FORMATS, log_to_console
from dj_queue.management.refusals import in_plain_words
from dj_queue.management.reloading import Reloading
from dj_queue.runtime import boot
from dj_queue.runtime.supervisor import AsyncSupervisor, ForkSupervisor, Supervisor
from dj_queue.services import Services, current_invocation, services_for, start_with

logger = logging.getLogger("dj_queue.boot")


class Command(BaseCommand):
    """Starts a supervisor for one backend alias."""

    help = (
        "Run the task queue of one backend alias: a supervisor with its workers, dispatchers and scheduler. "
        "`dj_queue plugins` shows what is plugged in; `--show-config` shows every option and where it came from."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own attribute

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The flags of the published package, and two that only look."""
        parser.add_argument(
            "action",
            nargs="?",
            choices=["run", "plugins"],
            default="run",
            help="run (the default), or list plugins",
        )
        arguments.add_backend(parser)
        parser.add_argument("--config", help="YAML file of options, laid over TASKS (or DJ_QUEUE_CONFIG)")
        parser.add_argument("--mode", help="fork: a process for each actor; async: threads of this process")
        parser.add_argument(
            "--only-work", action="store_true", help="workers alone, no dispatchers and no scheduler"
        )
        parser.add_argument("--only-dispatch", action="store_true", help="dispatchers alone")
        parser.add_argument("--skip-recurring", action="store_true", help="no scheduler")
        parser.add_argument(
            "--migration-wait-timeout",
            type=arguments.seconds_or_zero,
            default=60.0,
            metavar="SECONDS",
            help="how long to wait for missing tables before giving up (default: 60)",
        )
        parser.add_argument(
            "--reload",
            action="store_true",
            help="start again when code changes; runs in one process, for development",
        )
        parser.add_argument(
            "--log-format",
            choices=FORMATS,
            help="log to the standard error output in this format, whatever LOGGING says: lines to read, or JSON",
        )
        parser.add_argument(
            "--show-config", action="store_true", help="print every option with its source, and end"
        )
        add_examples(
            parser,
            ("dj_queue", "run everything that the options name"),
            ("dj_queue --reload", "while you develop: start again when code changes"),
            ("dj_queue --only-work", "workers alone; dispatchers and scheduler run elsewhere"),
            ("dj_queue --config /etc/shop/queue.yml", "options from a file, over those of TASKS"),
            ("dj_queue --show-config", "what it would run with, and who said so"),
            ("dj_queue plugins", "what is plugged in, and what is wrong with it"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped."""
        if options["only_work"] and options["only_dispatch"]:
            raise CommandError(
                "--only-work and --only-dispatch exclude each other: leave both out to run everything"
            )
        if options["reload"] and options["mode"] == "fork":
            raise CommandError("--reload runs everything in one process: leave out --mode fork")
        start_with(_invocation(options))
        with in_plain_words():
            if options["action"] == "plugins":
                self._show_plugins()
                return
            services = services_for(options["backend"])
            if options["show_config"]:
                self.stdout.write(reports.configuration(services))
                return
            log_to_console(options["log_format"])
            if options["reload"]:
                self._run_reloading(services, options["config"])
                return
            self._run(services, options["migration_wait_timeout"])

    def _show_plugins(self) -> None:
        text, problems = reports.plugins()
        self.stdout.write(text)
        if problems:
            raise CommandError("\n".join(problems))

    def _run(self, services: Services, migration_wait: float) -> None:
        supervisor_class: type[Supervisor[Any]] = (
            ForkSupervisor if services.options.mode == "fork" else AsyncSupervisor
        )
        supervisor = supervisor_class(services.alias, invocation=current_invocation())
        _log_start(services, supervisor)
        with boot.Standby(supervisor.request_stop) as standby:
            boot.wait_until_ready(services, migration_wait, standby)
            if not standby.is_over:
                supervisor.run()
            if getattr(self, "_called_from_command_line", False):
                standby.be_last()

    def _run_reloading(self, services: Services, config_file: str | None) -> None:
        def make() -> AsyncSupervisor:
            schema.require_ready(services.database.alias)
            supervisor = AsyncSupervisor(services.alias, invocation=current_invocation(), standalone=False)
            _log_start(services, supervisor)
            return supervisor

        Reloading(make, config_file).run()


def _log_start(services: Services, supervisor: Supervisor[Any]) -> None:
    for line in reports.boot_lines(services, supervisor):
        logger.info(line)


def _invocation(options: dict[str, Any]) -> Invocation:
    """This command line, over the environment the process has."""
    return Invocation(
        config_file=options["config"],
        mode="async" if options["reload"] else options["mode"],
        only_work=options["only_work"],
        only_dispatch=options["only_dispatch"],
        skip_recurring=options["skip_recurring"],
        environment=current_invocation().environment,
    )

"""Examples at the end of a command's `--help`, a line each."""

from argparse import ArgumentParser

from django.core.management.base import DjangoHelpFormatter

INDENT = "  "


class ExamplesFormatter(DjangoHelpFormatter):
    """Keeps the lines of examples as they are; wraps all other text."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """What argparse calls for the description and for what follows the arguments."""
        if f"\n{INDENT}" in text:
            return text
        return super()._fill_text(text, width, indent)


def add_examples(parser: ArgumentParser, *examples: tuple[str, str]) -> None:
    """Show these: what is typed after `manage.py`, and what that does."""
    width = max(len(command) for command, _meaning in examples)
    lines = [f"{INDENT}manage.py {command:<{width}}  {meaning}" for command, meaning in examples]
    parser.formatter_class = ExamplesFormatter
    parser.epilog = "\n".join(["examples:", *lines])

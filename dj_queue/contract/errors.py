"""The errors of the contract: what a plugin raises for the core to name the place."""

from collections.abc import Sequence


class ConfigSourceError(Exception):
    """A config source exists but cannot be read; its text names the file, line or variable."""


class PluginOptionsError(Exception):
    """What `plugin_options` say for a plugin cannot work: raised by a factory, shown with the place of each mistake."""

    def __init__(self, problems: Sequence[tuple[tuple[str, ...], str]]) -> None:
        """Say all problems at once.

        Args:
            problems: for each, its path below `plugin_options`, such as `("redis", "url")`, and what would be right.
        """
        self.problems = tuple(problems)
        super().__init__("\n".join(f"plugin_options: {'.'.join(path)}: {text}" for path, text in problems))


class PayloadError(ValueError):
    """A value does not survive JSON on every database; its text names the path inside the value."""

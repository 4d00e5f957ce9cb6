"""The errors of the contract: what a plugin raises for the core to name the place."""


class ConfigSourceError(Exception):
    """A config source exists but cannot be read; its text names the file, line or variable."""


class PayloadError(ValueError):
    """A value does not survive JSON on every database; its text names the path inside the value."""

"""The version of the plugin contract: a plugin names the one it was written for."""

VERSION = (1, 0)
"""(major, minor). A new hook or a new hook argument raises minor; a removed or renamed one raises major."""

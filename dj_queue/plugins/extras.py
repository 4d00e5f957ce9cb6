"""The extras of this distribution, each named after the database that it serves."""

from importlib.metadata import PackageNotFoundError, metadata


def install_command(vendor: str) -> str | None:
    """What installs the plugin and the driver for databases of this vendor; None where there is no such plugin."""
    try:
        extras = metadata("dj-queue").get_all("Provides-Extra") or []
    except PackageNotFoundError:
        return None
    extra = next((extra for extra in extras if vendor.startswith(extra)), None)
    return None if extra is None else f'pip install "dj-queue[{extra}]"'

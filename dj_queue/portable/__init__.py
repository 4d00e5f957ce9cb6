"""The core's own plugin: what works on any database that Django supports, through the ORM and the operating system alone."""

from dj_queue.portable.claim import PortableClaim
from dj_queue.portable.dialect import PortableDialect

__all__ = ["PortableClaim", "PortableDialect"]

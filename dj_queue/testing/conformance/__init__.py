"""The contract of `dj_queue.contract` as tests: what serves a backend alias has to pass them all.

A plugin binds the suite in one module of its own tests, run by pytest with Django set up and the tables migrated:

    import pytest
    from dj_queue.services import services_for
    from dj_queue.testing.conformance import *

    @pytest.fixture
    def services():
        return services_for("default")

The suite empties the queue's tables before and after each test. The fixture `connection_breaker` may be overridden
too, where closing the driver's connection is not how connections to this database are lost.
"""

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

from dj_queue.testing.conformance.admission import TestAdmission  # noqa: E402 - asserts are rewritten at import
from dj_queue.testing.conformance.bench import Bench, bench  # noqa: E402
from dj_queue.testing.conformance.claim import TestClaim  # noqa: E402
from dj_queue.testing.conformance.concurrent_claims import TestConcurrentClaims  # noqa: E402
from dj_queue.testing.conformance.database import TestDatabase  # noqa: E402
from dj_queue.testing.conformance.fence import TestFence  # noqa: E402
from dj_queue.testing.conformance.finish import TestFinish  # noqa: E402
from dj_queue.testing.conformance.insert import TestInsert  # noqa: E402
from dj_queue.testing.conformance.promote import TestPromote  # noqa: E402
from dj_queue.testing.conformance.prune import TestPrune  # noqa: E402
from dj_queue.testing.conformance.queues import TestQueues  # noqa: E402
from dj_queue.testing.conformance.slots import TestSlots  # noqa: E402
from dj_queue.testing.conformance.transactions import (  # noqa: E402
    TestTransactions,
    closed_beneath,
    connection_breaker,
    lost_connection,
)
from dj_queue.testing.conformance.values import TestValues  # noqa: E402
from dj_queue.testing.conformance.wakeup import TestWakeup  # noqa: E402

__all__ = [
    "Bench",
    "TestAdmission",
    "TestClaim",
    "TestConcurrentClaims",
    "TestDatabase",
    "TestFence",
    "TestFinish",
    "TestInsert",
    "TestPromote",
    "TestPrune",
    "TestQueues",
    "TestSlots",
    "TestTransactions",
    "TestValues",
    "TestWakeup",
    "bench",
    "closed_beneath",
    "connection_breaker",
    "lost_connection",
]

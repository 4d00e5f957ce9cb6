"""Every dialect that is shipped keeps the contract."""

import pytest

from dj_queue.testing.conformance import *

pytestmark = pytest.mark.every_server

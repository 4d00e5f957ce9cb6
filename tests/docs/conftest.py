"""What tests of the pages are given."""

import shutil
import sys

import pytest

from tests.docs import around
from tests.docs.page_reader import PageReader
from tests.docs.pages import ROOT, name_of

SHOP = ROOT / "tests" / "docs" / "shop"
BY_THE_QUEUE = """
from shop.models import Customer, Order
from shop.tasks import send_reminder

order = Order.objects.create(customer=Customer.objects.create(email="ada@example.com"), cents=995)
result = send_reminder.enqueue(order.id)
# a moment later
result.return_value  # 'ada@example.com'
"""


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The shop, with a customer, an order, and a job that its queue has run."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(SHOP, folder, dirs_exist_ok=True)
    reader = PageReader(folder, sys.executable)
    try:
        reader.run("manage.py", "migrate", "-v0", "--run-syncdb")
        reader.start("manage.py", "dj_queue")
        reader.shell(BY_THE_QUEUE)
        assert reader.stop() == [0]
    finally:
        reader.abandon()
    return folder


@pytest.fixture
def read_along(shop, tmp_path):
    """`read_along(page)` is a reader of this page, in a shop of its own; variables, and the interpreter, can be others."""
    readers = []

    def make(page, python=sys.executable, **environment):
        folder = tmp_path / "shop"
        shutil.copytree(shop, folder)
        environment |= around.ENVIRONMENT.get(name_of(page), {})
        readers.append(PageReader(folder, python, around.BEFORE.get(name_of(page), ""), **environment))
        return readers[-1]

    yield make
    for reader in readers:
        reader.abandon()


@pytest.fixture
def shown(request):
    """The blocks that the test declares to run."""
    return request.function.shown


@pytest.fixture(autouse=True)
def _runs_what_it_declares(request):
    """A test that declares blocks and does not take them runs something else."""
    declares = hasattr(getattr(request, "function", None), "shown")
    assert "shown" in request.fixturenames or not declares

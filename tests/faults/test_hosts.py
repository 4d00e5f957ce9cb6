"""Several hosts, of which one loses its network: nobody is told, connections just fall silent."""

import signal
import time
from types import SimpleNamespace

import pytest
from django.tasks import TaskResultStatus

from tests.faults import hosts
from tests.faults.conftest import GOOD_TIME
from tests.project import tasks
from tests.runtime.where import direct_servers

pytestmark = [pytest.mark.fault(18), direct_servers]
THRESHOLD = 5
OPTIONS = f"process_heartbeat_interval: 1\nprocess_alive_threshold: {THRESHOLD}\nworkers: [{{threads: 3}}]\n"
THREADS = 3


@pytest.fixture
def network():
    """The hosts of the test; they go when what ran on them has ended."""
    if (reason := hosts.obstacle()) is not None:
        pytest.skip(reason)
    made = []
    yield made
    for host in made:
        host.close()


@pytest.fixture
def start_host(network, queue_process, make_proxy, lead_through, processes, wait_until):
    """`start_host()` is another host with a queue at work on it."""

    def start():
        host = hosts.Host(len(network))
        network.append(host)
        way = make_proxy(host.gateway)
        way.open()
        lead_through(way)
        process = queue_process(options=OPTIONS, inside=host.inside)
        wait_until(lambda: host.name in {worker.hostname for worker in processes("worker")}, GOOD_TIME)
        return SimpleNamespace(network=host, process=process)

    return start


@pytest.mark.fault(3)
def test_what_a_silent_host_ran_is_run_elsewhere_and_what_it_says_later_counts_for_nothing(
    on, start_host, ledger, wait_until, all_finished, processes, log_of, figures, jobs
):
    lost = start_host()
    held = on(tasks.hold).enqueue(ledger.folder, "held")
    wait_until(ledger.started, GOOD_TIME)
    other = start_host()
    # A second after its start an attempt is known to others as one that began.
    wait_until(lambda: jobs.get().last_attempted_at, GOOD_TIME)
    lost.network.unplug()
    unplugged = time.monotonic()
    wait_until(lambda: len(ledger.lines("start")) == 2, GOOD_TIME)
    figures.most("jobs of a silent host run elsewhere, within s", time.monotonic() - unplugged)
    assert {worker.hostname for worker in processes("worker")} == {other.network.name}
    ledger.let_go()
    wait_until(lambda: all_finished([held]), GOOD_TIME)
    lost.network.plug_in()
    both = {lost.network.name, other.network.name}
    wait_until(lambda: {worker.hostname for worker in processes("worker")} == both, GOOD_TIME)
    held.refresh()
    assert (held.status, jobs.get().attempts) == (TaskResultStatus.SUCCESSFUL, 2)
    for node in (lost, other):
        assert "Traceback" not in log_of(node.process)
        node.process.send_signal(signal.SIGTERM)
        assert node.process.wait(GOOD_TIME) == 0


def test_a_host_without_network_can_be_stopped_and_others_go_on(
    on, start_host, ledger, wait_until, all_finished, processes
):
    lost, other = start_host(), start_host()
    for number in range(2 * THREADS):
        on(tasks.hold).enqueue(ledger.folder, f"held-{number}")
    wait_until(lambda: ledger.running() == 2 * THREADS, GOOD_TIME)
    lost.network.unplug()
    lost.process.send_signal(signal.SIGTERM)
    assert lost.process.wait(GOOD_TIME) == 0
    ledger.let_go()
    more = [on(tasks.add).enqueue(number, 1) for number in range(20)]
    wait_until(lambda: all_finished(more), GOOD_TIME)
    wait_until(lambda: {worker.hostname for worker in processes("worker")} == {other.network.name}, GOOD_TIME)

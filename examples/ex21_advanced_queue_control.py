"""Measure, pause, resume and clear a queue while its workers run."""

import stage
from django.tasks import task

from dj_queue.api import QueueInfo


@task
def ship(order):
    return f"order {order} is on its way"


def show(queue):
    print(f"{queue.queue_name}: size {queue.size}, latency {queue.latency}, paused {queue.paused}")


def main():
    orders = QueueInfo("orders")
    with stage.queue_process():
        orders.pause()
        held = [ship.using(queue_name="orders").enqueue(number) for number in (1, 2, 3)]
        other = ship.using(queue_name="express").enqueue(4)
        stage.wait_for(other)
        print(f"while orders are paused: {other.return_value}")
        show(orders)
        assert (orders.size, orders.paused) == (3, True)

        orders.resume()
        stage.wait_for(*held)
        print(f"resumed: {held[-1].return_value}")
        show(orders)

        orders.pause()
        ship.using(queue_name="orders").get_backend().enqueue_all(
            [(ship.using(queue_name="orders"), [number], {}) for number in range(100)]
        )
        show(orders)
        cleared = orders.clear()
        print(f"cleared: {cleared} jobs were discarded")
        print(f"queues with work or a pause: {[queue.queue_name for queue in QueueInfo.all()]}")
        assert (cleared, orders.size) == (100, 0)


if __name__ == "__main__":
    stage.play(__file__)

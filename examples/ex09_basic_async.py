"""`async def` tasks run on the worker's event loop: a hundred of them wait at once and hold no thread."""

import asyncio

import stage
from django.tasks import task


@task
async def ask(number):
    await asyncio.sleep(0.5)  # a call over the network, say
    return number


async def enqueue():
    return [await ask.aenqueue(number) for number in range(100)]


def main():
    results = asyncio.run(enqueue())

    with stage.queue_process(workers=[{"threads": 1, "async_concurrency": 100}]):
        stage.wait_for(*results)

    first_end = min(result.finished_at for result in results)
    at_once = sum(result.started_at < first_end for result in results)
    seconds = (max(r.finished_at for r in results) - min(r.started_at for r in results)).total_seconds()
    print(f"{len(results)} jobs, each half a second long, took {seconds:.2f} s together")
    print(f"{at_once} of them had started before the first one ended")
    assert at_once > 1


if __name__ == "__main__":
    stage.play(__file__)

"""The queue inside an ASGI server: it starts and stops with the application, no second process needed."""

import asyncio
import os

import stage
from asgiref.testing import ApplicationCommunicator
from django.tasks import task


@task
def where_am_i():
    return os.getpid()


async def serve(application):
    """What a server such as uvicorn does, in short: startup, requests, shutdown."""
    lifespan = ApplicationCommunicator(application, {"type": "lifespan"})
    await lifespan.send_input({"type": "lifespan.startup"})
    print(f"server: {(await lifespan.receive_output(10))['type']}")

    request = {"type": "http", "method": "GET", "path": "/hello/", "headers": [(b"host", b"localhost")]}
    web = ApplicationCommunicator(application, request)
    await web.send_input({"type": "http.request"})
    print(f"web:    status {(await web.receive_output(10))['status']}")

    result = await where_am_i.aenqueue()
    while not result.is_finished:
        await asyncio.sleep(0.02)
        await result.arefresh()
    print(f"queue:  the job ran in process {result.return_value}, which is this one: {os.getpid()}")

    await lifespan.send_input({"type": "lifespan.shutdown"})
    print(f"server: {(await lifespan.receive_output(10))['type']}")
    return result


def main():
    from project.asgi import application  # DjQueueLifespan(get_asgi_application())

    result = asyncio.run(asyncio.wait_for(serve(application), 30))
    assert result.return_value == os.getpid()


if __name__ == "__main__":
    stage.play(__file__)

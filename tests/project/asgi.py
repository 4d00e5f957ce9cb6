"""ASGI applications with the queue in them: Django's own, and one that handles lifespan events."""

import os

from django.core.asgi import get_asgi_application

from dj_queue.contrib.asgi import DjQueueLifespan

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.project.settings")

ALIAS = os.environ.get("DJ_QUEUE_TEST_BACKEND", "default")

django_application = get_asgi_application()
application = DjQueueLifespan(django_application, backend_alias=ALIAS)


async def _aware(scope, receive, send):
    """Notes what it is told in the file that the environment names, with how many workers there were then."""
    if scope["type"] != "lifespan":
        await django_application(scope, receive, send)
        return
    while True:
        event = (await receive())["type"]
        await _note(event)
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def _note(event):
    from pathlib import Path

    from dj_queue.models import Process
    from dj_queue.services import services_for

    rows = Process.objects.using(services_for(ALIAS).database.alias).filter(kind="worker")
    with Path(os.environ["DJ_QUEUE_TEST_LEDGER"]).open("a") as file:
        file.write(f"{event} {await rows.acount()}\n")


aware_application = DjQueueLifespan(_aware, backend_alias=ALIAS)

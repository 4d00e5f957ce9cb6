"""The site for an ASGI server, with the queue inside: `uvicorn project.asgi:application --app-dir examples`."""

import os

from django.core.asgi import get_asgi_application

from dj_queue.contrib.asgi import DjQueueLifespan

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
application = DjQueueLifespan(get_asgi_application())

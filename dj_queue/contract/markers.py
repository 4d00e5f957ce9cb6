"""The pluggy markers: `hookspec` declares a hook (the core does), `hookimpl` answers one (plugins do)."""

import pluggy

PROJECT_NAME = "dj_queue"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)

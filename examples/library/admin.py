"""The site's own models in the admin, beside those of dj_queue."""

from django.contrib import admin

from library.models import Module, Tick

admin.site.register(Module, list_display=["name", "path"], search_fields=["name"])
admin.site.register(Tick)

"""The admin, where operators look at the queue, and one page for the ASGI example."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path


def hello(request: HttpRequest) -> HttpResponse:
    """Answer any visitor."""
    return HttpResponse("hello from the web side\n")


urlpatterns = [path("admin/", admin.site.urls), path("hello/", hello)]

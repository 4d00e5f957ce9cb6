"""Settings of a project without Django's admin."""

from tests.project import settings

globals().update({name: value for name, value in vars(settings).items() if name.isupper()})
INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "django.contrib.admin"]
ROOT_URLCONF = "tests.admin.without_admin"
urlpatterns = []

"""The manage.py of every peer that is a backend of Django's tasks."""

import os
import sys

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench_settings"

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)

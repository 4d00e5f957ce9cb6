"""The example site's manage.py."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # Python put the folder of this file there; the site's packages are beside it.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)

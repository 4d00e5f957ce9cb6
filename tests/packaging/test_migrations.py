"""The migrations that are shipped make the tables that the models want."""

from django.core.management import call_command


def test_no_migration_is_missing():
    call_command("makemigrations", "dj_queue", check_changes=True, dry_run=True, verbosity=0)

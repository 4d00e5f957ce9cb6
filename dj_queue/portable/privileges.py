"""What the account of a queue's processes has to be allowed on each of its tables, and how it is told what it lacks."""

from collections.abc import Mapping, Sequence

from dj_queue.contract import CheckMessage

NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE")


def message(
    account: str, alias: str, missing: Mapping[str, Sequence[str]], *, hint: str, check_id: str
) -> CheckMessage:
    """One message that names every missing privilege.

    Args:
        account: in the server's words, such as `role 'web'`.
        alias: the key in DATABASES.
        missing: the privileges, by table.
        hint: who has to run what.
        check_id: the plugin's own id.
    """
    found = "; ".join(f"{', '.join(privileges)} on {table}" for table, privileges in missing.items())
    text = f"{account} of database {alias!r} lacks privileges that the queue's processes need: {found}."
    return CheckMessage("error", text, hint, check_id)

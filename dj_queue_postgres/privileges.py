"""What the role of this connection may not do with the queue's tables, though its processes need it."""

from django.db import connections

from dj_queue.contract import CheckMessage
from dj_queue.models import TABLES
from dj_queue.portable.privileges import NEEDED, message

MISSING = """
SELECT current_user, name, privilege
FROM unnest(%s::text[]) WITH ORDINALITY AS tables (name, place),
     unnest(%s::text[]) WITH ORDINALITY AS needed (privilege, number)
WHERE NOT has_table_privilege(name, privilege)
ORDER BY place, number
"""


def advise(alias: str) -> list[CheckMessage]:
    """One message that names every privilege that is missing, and the statement that grants them."""
    quote = connections[alias].ops.quote_name
    with connections[alias].cursor() as cursor:
        cursor.execute(MISSING, [[model._meta.db_table for model in TABLES], list(NEEDED)])
        rows = cursor.fetchall()
    if not rows:
        return []
    missing: dict[str, list[str]] = {}
    for _role, table, privilege in rows:
        missing.setdefault(table, []).append(privilege)
    role = rows[0][0]
    grant = f"GRANT {', '.join(NEEDED)} ON {', '.join(missing)} TO {quote(role)};"
    hint = f"Let the owner of the tables run: {grant}"
    return [message(f"role {role!r}", alias, missing, hint=hint, check_id="dj_queue_postgres.E001")]

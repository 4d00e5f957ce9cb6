"""What a database server says about itself, asked with the drivers of the test environment."""

from typing import Any
from urllib.parse import unquote, urlsplit

PATIENCE = 3
"""Seconds for a server to answer."""
MAY_MAKE_DATABASES = "SELECT version(), rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"


def version(url: str) -> str:
    """The version of the server of this URL.

    Raises:
        Exception: it does not answer, or it cannot be tested on; the text says why.
    """
    return _mysql(url) if url.startswith("mysql:") else _postgres(url)


def has_mysql_driver() -> bool:
    """Whether the test environment can speak to MySQL and MariaDB."""
    try:
        import MySQLdb  # noqa: F401
    except ImportError:
        return False
    return True


def _postgres(url: str) -> str:
    import psycopg

    parts = urlsplit(url)
    with psycopg.connect(
        host=_host(url),
        port=parts.port or 5432,
        user=unquote(parts.username or "postgres"),
        password=unquote(parts.password or "") or None,
        dbname=parts.path.lstrip("/") or "postgres",
        connect_timeout=PATIENCE,
    ) as connection:
        row = connection.execute(MAY_MAKE_DATABASES).fetchone()
    if row is None or not row[1]:
        raise RuntimeError("its user may not create databases")
    return " ".join(str(row[0]).split()[:2])


def _mysql(url: str) -> str:
    import MySQLdb

    parts, host = urlsplit(url), _host(url)
    where: dict[str, Any] = {"host": host, "port": parts.port or 3306}
    connection = MySQLdb.connect(
        user=unquote(parts.username or "root"),
        passwd=unquote(parts.password or ""),
        connect_timeout=PATIENCE,
        **({"unix_socket": host} if host.startswith("/") else where),
    )
    cursor = connection.cursor()
    cursor.execute("SELECT version()")
    (answer,) = cursor.fetchone()
    connection.close()
    return str(answer) if "MariaDB" in str(answer) else f"MySQL {answer}"


def _host(url: str) -> str:
    return unquote(urlsplit(url).hostname or "127.0.0.1")

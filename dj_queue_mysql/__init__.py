"""MySQL and MariaDB for dj_queue."""

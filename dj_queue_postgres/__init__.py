"""PostgreSQL for dj_queue."""

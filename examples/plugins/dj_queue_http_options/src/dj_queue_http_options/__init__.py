"""Options of dj_queue from an HTTP endpoint."""

"""SQLite for dj_queue: claims under BEGIN IMMEDIATE with RETURNING, and wakeups by `PRAGMA data_version`."""

"""Claims the jobs of dj-queue on PostgreSQL under an advisory lock: one worker at a time."""

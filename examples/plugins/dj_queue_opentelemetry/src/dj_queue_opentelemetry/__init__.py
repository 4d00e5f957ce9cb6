"""OpenTelemetry for dj_queue: a span where a job is enqueued, one for each attempt, linked; and their metrics."""

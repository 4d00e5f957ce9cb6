"""Prometheus metrics of dj_queue: what its jobs do, summed over the processes that do it."""

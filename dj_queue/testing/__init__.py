"""Help with testing: what a project needs to test its jobs, and an author to test a plugin.

`dj_queue.testing.conformance` holds the suite that every database plugin passes.
"""

from dj_queue.testing.assertions import assert_enqueued, assert_not_enqueued
from dj_queue.testing.jobs import JobRun, TooManyJobs, run_jobs
from dj_queue.testing.plugins import plugged

__all__ = ["JobRun", "TooManyJobs", "assert_enqueued", "assert_not_enqueued", "plugged", "run_jobs"]

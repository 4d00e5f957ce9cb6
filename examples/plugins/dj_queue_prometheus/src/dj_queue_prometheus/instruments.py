"""The counters and histograms, in the default registry of prometheus_client.

Each has labels: one without any would write a file for every process that merely imports this.
"""

from prometheus_client import Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600)
JOB = ("task", "queue")

ENQUEUED = Counter("dj_queue_jobs_enqueued", "Jobs enqueued and committed, by the process that did.", JOB)
FINISHED = Counter("dj_queue_jobs_finished", "Jobs that ended for good.", (*JOB, "outcome"))
RETRIED = Counter("dj_queue_jobs_retried", "Attempts that ended and are followed by another.", JOB)
LOST = Counter("dj_queue_attempts_lost", "Attempts that ended with their process.", JOB)
WAIT = Histogram(
    "dj_queue_job_wait_seconds", "From when a job was due until an attempt started.", JOB, buckets=SECONDS
)
RUN = Histogram("dj_queue_job_run_seconds", "How long an attempt ran.", JOB, buckets=SECONDS)
FENCED = Counter("dj_queue_outcomes_fenced", "Outcomes that came too late and changed nothing.", ("backend",))
RECOVERED = Counter("dj_queue_jobs_recovered", "Jobs taken from dead processes.", ("backend",))
ERRORS = Counter("dj_queue_errors", "Errors of the runtime and of plugins, by place.", ("where",))

-- After each migrate: run as queue_install, which owns the tables. Does no harm when run again.

-- Supervisors and their children, maintenance commands, and an admin that acts.
GRANT SELECT, INSERT, UPDATE, DELETE
    ON dj_queue_job, dj_queue_process, dj_queue_pause, dj_queue_semaphore,
       dj_queue_recurring_task, dj_queue_recurring_execution
    TO queue_runtime;
GRANT USAGE
    ON SEQUENCE dj_queue_pause_id_seq, dj_queue_recurring_task_id_seq, dj_queue_recurring_execution_id_seq
    TO queue_runtime;
GRANT SELECT ON django_migrations TO queue_runtime;

-- Web servers that enqueue and read nothing back.
GRANT INSERT ON dj_queue_job TO queue_web;

-- The same, and they let jobs with concurrency keys in at once, where queue_web leaves that to a dispatcher.
GRANT INSERT, SELECT ON dj_queue_job TO queue_web_keys;
GRANT UPDATE (status, slot_until, finished_at) ON dj_queue_job TO queue_web_keys;
GRANT SELECT, INSERT, UPDATE ON dj_queue_semaphore TO queue_web_keys;

-- Dashboards, metrics, health checks, and an admin that only shows.
GRANT SELECT
    ON dj_queue_job, dj_queue_process, dj_queue_pause, dj_queue_semaphore,
       dj_queue_recurring_task, dj_queue_recurring_execution, django_migrations
    TO queue_dashboard;

-- After each migrate: run as an administrator. Does no harm when run again.

-- Supervisors and their children, maintenance commands, and an admin that acts.
GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.`dj_queue_job` TO 'queue_runtime'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.`dj_queue_process` TO 'queue_runtime'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.`dj_queue_pause` TO 'queue_runtime'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.`dj_queue_semaphore` TO 'queue_runtime'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.`dj_queue_recurring_task` TO 'queue_runtime'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.`dj_queue_recurring_execution` TO 'queue_runtime'@'%';
GRANT SELECT ON `shop`.`django_migrations` TO 'queue_runtime'@'%';

-- Web servers that enqueue and read nothing back.
GRANT INSERT ON `shop`.`dj_queue_job` TO 'queue_web'@'%';

-- The same, and they let jobs with concurrency keys in at once, where queue_web leaves that to a dispatcher.
GRANT INSERT, SELECT, UPDATE (status, slot_until, finished_at) ON `shop`.`dj_queue_job` TO 'queue_web_keys'@'%';
GRANT SELECT, INSERT, UPDATE ON `shop`.`dj_queue_semaphore` TO 'queue_web_keys'@'%';

-- Dashboards, metrics, health checks, and an admin that only shows.
GRANT SELECT ON `shop`.`dj_queue_job` TO 'queue_dashboard'@'%';
GRANT SELECT ON `shop`.`dj_queue_process` TO 'queue_dashboard'@'%';
GRANT SELECT ON `shop`.`dj_queue_pause` TO 'queue_dashboard'@'%';
GRANT SELECT ON `shop`.`dj_queue_semaphore` TO 'queue_dashboard'@'%';
GRANT SELECT ON `shop`.`dj_queue_recurring_task` TO 'queue_dashboard'@'%';
GRANT SELECT ON `shop`.`dj_queue_recurring_execution` TO 'queue_dashboard'@'%';
GRANT SELECT ON `shop`.`django_migrations` TO 'queue_dashboard'@'%';

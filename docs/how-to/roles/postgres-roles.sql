-- Before the first migrate: run once, as a superuser or the owner of the database, connected to the queue's database.
-- Replace the database `shop` and the passwords; rename roles as you like, here and in postgres-grants.sql.

CREATE ROLE queue_install LOGIN PASSWORD 'change-me-install';
CREATE ROLE queue_runtime LOGIN PASSWORD 'change-me-runtime';
CREATE ROLE queue_web LOGIN PASSWORD 'change-me-web';
CREATE ROLE queue_web_keys LOGIN PASSWORD 'change-me-web-keys';
CREATE ROLE queue_dashboard LOGIN PASSWORD 'change-me-dashboard';

REVOKE ALL ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO queue_install, queue_runtime, queue_web, queue_web_keys, queue_dashboard;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO queue_install;
GRANT USAGE ON SCHEMA public TO queue_runtime, queue_web, queue_web_keys, queue_dashboard;

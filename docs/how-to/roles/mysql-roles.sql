-- Before the first migrate: run once, as an administrator. For MySQL and MariaDB.
-- Replace the database `shop` and the passwords, and `%` by the hosts of your machines; rename accounts as you
-- like, here and in mysql-grants.sql.

CREATE USER 'queue_install'@'%' IDENTIFIED BY 'change-me-install';
CREATE USER 'queue_runtime'@'%' IDENTIFIED BY 'change-me-runtime';
CREATE USER 'queue_web'@'%' IDENTIFIED BY 'change-me-web';
CREATE USER 'queue_web_keys'@'%' IDENTIFIED BY 'change-me-web-keys';
CREATE USER 'queue_dashboard'@'%' IDENTIFIED BY 'change-me-dashboard';

GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE ON `shop`.* TO 'queue_install'@'%';

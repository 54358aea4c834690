-- What the app may do: change rows. Tables belong to `owner`, who runs the migrations (ASVS 13.2.2).
-- Run it with psql once, before the first migration, as the owner, who needs CREATEROLE. APP_PASSWORD is read from the environment.
\set ON_ERROR_STOP on
\getenv password APP_PASSWORD
CREATE ROLE app LOGIN PASSWORD :'password';
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO app;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app;
-- For rows that the database numbers: to make a number, and for copy-from to go on after those that it copied.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, UPDATE ON SEQUENCES TO app;

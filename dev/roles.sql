-- The logins of the service and its database. Run by a superuser on a fresh cluster, with the
-- password of the logins in the environment (LOGIN_PASSWORD). What each may do is granted by
-- the migrations; here is only what a cluster, not a database, holds.
\getenv password LOGIN_PASSWORD

-- Owns the schema; CREATEDB because suites about global things clone a migrated template.
CREATE ROLE portal_owner LOGIN NOSUPERUSER NOCREATEROLE CREATEDB NOBYPASSRLS PASSWORD :'password';
-- Serves requests under forced row-level security.
CREATE ROLE portal_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD :'password';
-- Writes access events.
CREATE ROLE portal_journal LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD :'password';
-- Relay, sealer and sweeps.
CREATE ROLE portal_worker LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD :'password';

CREATE DATABASE portal OWNER portal_owner;

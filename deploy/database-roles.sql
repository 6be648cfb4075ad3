-- Generated from packages/contracts by `npm run generate`. Runs when the database folder is new. It may run again at any time, with
-- psql as a superuser: it creates the roles that are missing and gives all of them the passwords of the environment.
\set ON_ERROR_STOP on
revoke all on database arcadia from public;
revoke all on schema public from public;

\getenv inventory_password INVENTORY_SYNC_PASSWORD
select 'create role inventory' where not exists (select from pg_roles where rolname = 'inventory') \gexec
alter role inventory login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'inventory_password';
grant connect, temporary on database arcadia to inventory;
create schema if not exists inventory authorization inventory;
alter role inventory in database arcadia set search_path = inventory;

\getenv billing_password BILLING_INGEST_PASSWORD
select 'create role billing' where not exists (select from pg_roles where rolname = 'billing') \gexec
alter role billing login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'billing_password';
grant connect, temporary on database arcadia to billing;
create schema if not exists billing authorization billing;
alter role billing in database arcadia set search_path = billing;

\getenv provisioning_password PROVISIONING_PASSWORD
select 'create role provisioning' where not exists (select from pg_roles where rolname = 'provisioning') \gexec
alter role provisioning login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'provisioning_password';
grant connect, temporary on database arcadia to provisioning;
create schema if not exists provisioning authorization provisioning;
alter role provisioning in database arcadia set search_path = provisioning;

\getenv drift_password DRIFT_PASSWORD
select 'create role drift' where not exists (select from pg_roles where rolname = 'drift') \gexec
alter role drift login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'drift_password';
grant connect, temporary on database arcadia to drift;
create schema if not exists drift authorization drift;
alter role drift in database arcadia set search_path = drift;

\getenv metering_password METERING_PASSWORD
select 'create role metering' where not exists (select from pg_roles where rolname = 'metering') \gexec
alter role metering login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'metering_password';
grant connect, temporary on database arcadia to metering;
create schema if not exists metering authorization metering;
alter role metering in database arcadia set search_path = metering;

\getenv invoicing_password INVOICING_PASSWORD
select 'create role invoicing' where not exists (select from pg_roles where rolname = 'invoicing') \gexec
alter role invoicing login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'invoicing_password';
grant connect, temporary on database arcadia to invoicing;
create schema if not exists invoicing authorization invoicing;
alter role invoicing in database arcadia set search_path = invoicing;

\getenv notifications_password NOTIFICATIONS_PASSWORD
select 'create role notifications' where not exists (select from pg_roles where rolname = 'notifications') \gexec
alter role notifications login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'notifications_password';
grant connect, temporary on database arcadia to notifications;
create schema if not exists notifications authorization notifications;
alter role notifications in database arcadia set search_path = notifications;

\getenv gateway_password GATEWAY_PASSWORD
select 'create role gateway' where not exists (select from pg_roles where rolname = 'gateway') \gexec
alter role gateway login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'gateway_password';
grant connect, temporary on database arcadia to gateway;
create schema if not exists gateway authorization gateway;
alter role gateway in database arcadia set search_path = gateway;

-- Shared by the services that call the provider: one token has one request budget.
create schema if not exists provider;
create unlogged table if not exists provider.token_budgets (
  token_hash text primary key,
  slot bigint not null,
  counts integer[] not null,
  hour_full_at timestamptz not null,
  blocked_until timestamptz
);
comment on table provider.token_budgets is 'Request budget of each provider token, shared by all services: requests by slots of two seconds, newest first';
grant usage on schema provider to inventory, billing, provisioning;
grant select, insert, update on provider.token_budgets to inventory, billing, provisioning;

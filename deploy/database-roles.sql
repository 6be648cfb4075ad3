-- Generated from packages/contracts by `npm run generate`. Runs once, when the database folder is new.
revoke all on database arcadia from public;
revoke all on schema public from public;

\getenv inventory_password INVENTORY_SYNC_PASSWORD
create role inventory login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'inventory_password';
grant connect, temporary on database arcadia to inventory;
create schema inventory authorization inventory;
alter role inventory in database arcadia set search_path = inventory;

\getenv billing_password BILLING_INGEST_PASSWORD
create role billing login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'billing_password';
grant connect, temporary on database arcadia to billing;
create schema billing authorization billing;
alter role billing in database arcadia set search_path = billing;

\getenv provisioning_password PROVISIONING_PASSWORD
create role provisioning login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'provisioning_password';
grant connect, temporary on database arcadia to provisioning;
create schema provisioning authorization provisioning;
alter role provisioning in database arcadia set search_path = provisioning;

\getenv drift_password DRIFT_PASSWORD
create role drift login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'drift_password';
grant connect, temporary on database arcadia to drift;
create schema drift authorization drift;
alter role drift in database arcadia set search_path = drift;

\getenv metering_password METERING_PASSWORD
create role metering login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'metering_password';
grant connect, temporary on database arcadia to metering;
create schema metering authorization metering;
alter role metering in database arcadia set search_path = metering;

\getenv invoicing_password INVOICING_PASSWORD
create role invoicing login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'invoicing_password';
grant connect, temporary on database arcadia to invoicing;
create schema invoicing authorization invoicing;
alter role invoicing in database arcadia set search_path = invoicing;

\getenv notifications_password NOTIFICATIONS_PASSWORD
create role notifications login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'notifications_password';
grant connect, temporary on database arcadia to notifications;
create schema notifications authorization notifications;
alter role notifications in database arcadia set search_path = notifications;

\getenv gateway_password GATEWAY_PASSWORD
create role gateway login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'gateway_password';
grant connect, temporary on database arcadia to gateway;
create schema gateway authorization gateway;
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

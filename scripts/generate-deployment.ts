// Writes what docker-compose.yml mounts into the servers, from the same contracts that `npm start` uses. With --check it
// writes nothing and fails when a file differs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ServiceName, services } from '../packages/contracts/src/index.ts';
import { accountBudget } from '../packages/local-infrastructure/src/index.ts';

const root = path.resolve(import.meta.dirname, '..');
const names = Object.keys(services) as ServiceName[];

/** One secret per service, for its database role and its NATS user alike. */
function secretOf(name: string): string {
  return `${name.replaceAll('-', '_').toUpperCase()}_PASSWORD`;
}

function databaseRoles(): string {
  const schemas = names.map((name) => services[name].schema);
  const roles = names.map((name) => {
    const { schema } = services[name];
    return `\\getenv ${schema}_password ${secretOf(name)}
select 'create role ${schema}' where not exists (select from pg_roles where rolname = '${schema}') \\gexec
alter role ${schema} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'${schema}_password';
grant connect, temporary on database arcadia to ${schema};
create schema if not exists ${schema} authorization ${schema};
alter role ${schema} in database arcadia set search_path = ${schema};
`;
  });
  return `-- Generated from packages/contracts by \`npm run generate\`. Runs when the database folder is new. It may run again at any time, with
-- psql as a superuser: it creates the roles that are missing and gives all of them the passwords of the environment.
\\set ON_ERROR_STOP on
revoke all on database arcadia from public;
revoke all on schema public from public;

${roles.join('\n')}
-- Shared by the services that call the provider: one token has one request budget.
${accountBudget(schemas.map((schema) => ({ role: schema, schema })))
  .map((statement) => `${statement};\n`)
  .join('')}`;
}

const files = { 'deploy/database-roles.sql': databaseRoles() };
const isCheck = process.argv.includes('--check');
for (const [name, text] of Object.entries(files)) {
  const file = path.join(root, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (isCheck) {
    console.error(`${name} is out of date; run \`npm run generate\` and commit what it writes.`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.error(`Written: ${name}`);
  }
}

import { allRoles, type Role } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { permissionsPage } from './permissions-page.ts';
import type { Route } from './route.ts';
import { routes } from './routes/index.ts';

const named = ({ method, path }: Route): string => `${method.toUpperCase()} ${path}`;
const without = (those: readonly Route[], role: Role): string[] =>
  those.filter(({ contract }) => !contract.roles.includes(role)).map(named);
const reads = routes.filter(({ contract }) => contract.effect === 'read');
const commands = routes.filter(({ contract }) => contract.effect === 'command');

test('the operator may use every route, and an auditor every route that reads', () => {
  expect(without(routes, 'platform_admin')).toEqual([]);
  expect(without(reads, 'auditor')).toEqual([]);
});

test('an auditor and a reader of a tenant may change nothing', () => {
  for (const role of ['auditor', 'tenant_viewer'] as const)
    expect(commands.filter(({ contract }) => contract.roles.includes(role)).map(named)).toEqual([]);
});

test('a reader of a tenant may read what the tenant may read, and nothing else', () => {
  const readableBy = (role: Role) => reads.filter(({ contract }) => contract.roles.includes(role)).map(named);
  expect(readableBy('tenant_viewer')).toEqual(readableBy('tenant'));
});

test('docs/permissions.md has a column for every role and a row for every route', () => {
  const page = permissionsPage();
  for (const role of allRoles) expect(page).toContain(`| \`${role}\` |`);
  for (const route of routes) expect(page).toContain(`| \`${named(route)}\` |`);
});

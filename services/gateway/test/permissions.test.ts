import { allRoles, type Role } from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasBody } from '../src/operation.ts';
import type { Route } from '../src/route.ts';
import { routes } from '../src/routes/index.ts';
import { openStage, tokenOf } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const isAtTenant = (role: Role): boolean => role === 'tenant' || role === 'tenant_viewer';
const tokenWith = (role: Role): Promise<string> =>
  tokenOf({ sub: `a ${role}`, roles: [role], ...(isAtTenant(role) ? { tenant_id: 'acme' } : {}) });

/** Sends a request with an empty body and an id that does not exist wherever the path has a parameter. */
const send = async ({ method, path }: Route, token: string): Promise<number> => {
  const body = hasBody(method) ? { body: '{}', headers: { 'content-type': 'application/json' } } : {};
  const response = await stage.gateway.send(path.replaceAll(/\{\w+\}/g, crypto.randomUUID()), {
    method: method.toUpperCase(),
    token,
    ...body,
  });
  await response.body?.cancel();
  return response.status;
};

test.each(allRoles)('the role %s may call exactly the routes whose contract names it', async (role) => {
  const token = await tokenWith(role);
  const wrong: unknown[] = [];
  const one = async (route: Route): Promise<void> => {
    const isNamed = route.contract.roles.includes(role);
    const status = await send(route, token);
    if (status === 401 || (status === 403) === isNamed) wrong.push([route.method, route.path, status]);
  };
  // No service answers here, so a permitted request gets a 422 or, after a second attempt, a 503.
  for (let from = 0; from < routes.length; from += 20) await Promise.all(routes.slice(from, from + 20).map(one));
  expect(wrong).toEqual([]);
});

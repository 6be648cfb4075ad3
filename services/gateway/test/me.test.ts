import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStage, operator, problemIn, tenantUser, tokenOf } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

test('the caller of a token learns its subject, tenant, roles and the end of the token', async () => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const token = await tokenOf({ ...tenantUser, exp });
  const me = await (await stage.gateway.send('/api/v1/me', { token })).json();
  expect(me).toEqual({
    subject: 'tess',
    tenant_id: 'acme',
    roles: ['tenant'],
    expires_at: Temporal.Instant.fromEpochMilliseconds(exp * 1000).toString(),
    now: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
  const own = await (await stage.gateway.send('/api/v1/me', { token: await tokenOf(operator) })).json();
  expect(own).toMatchObject({ subject: 'olivia', tenant_id: null, roles: ['platform_admin'] });
});

test('times in a token may have a fraction', async () => {
  const [iat, exp] = [Date.now() / 1000 - 0.123_456_7, Date.now() / 1000 + 600.123_456_7];
  const token = await tokenOf({ ...tenantUser, iat, exp });
  const response = await stage.gateway.send('/api/v1/me', { token });
  expect(response.status).toBe(200);
  const expires_at = Temporal.Instant.fromEpochMilliseconds(Math.floor(exp * 1000)).toString();
  expect(await response.json()).toMatchObject({ subject: 'tess', expires_at });
});

test('without a valid token the caller is refused', async () => {
  const refused = await stage.gateway.send('/api/v1/me', { token: null });
  expect((await problemIn(refused)).type).toBe('/problems/unauthenticated');
});

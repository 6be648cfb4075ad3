import { readRows, throwawayDatabase } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { openStage, operator, problemIn, startGateway, tenantUser, tokenOf } from './stage.ts';

const statusesOf = (answers: readonly Response[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

test('two gateways share the limits of a caller, and all callers of a tenant those of the tenant', async () => {
  await using stage = await openStage();
  await using database = await throwawayDatabase({ service: 'gateway' });
  const env = { RATE_LIMIT_PER_MINUTE: '20', RATE_LIMIT_TENANT_PER_MINUTE: '30' };
  await using one = await startGateway(stage.nats, env, database);
  await using other = await startGateway(stage.nats, env, database);
  const [tess, tom] = await Promise.all([tokenOf(tenantUser), tokenOf({ ...tenantUser, sub: 'tom' })]);
  const send = (count: number, token: string) =>
    Promise.all(
      Array.from({ length: count }, (_, turn) => (turn % 2 === 0 ? one : other).send('/api/v1/usage', { token })),
    );
  // A test that begins at the end of a minute of Postgres would see two of them.
  const [time] = await readRows<{ left: number }>(
    database,
    'SELECT (60 - extract(epoch FROM clock_timestamp())::numeric % 60)::float8 AS left',
  );
  if ((time?.left ?? 0) < 10) await new Promise((resolve) => setTimeout(resolve, ((time?.left ?? 0) + 0.1) * 1000));
  const first = await send(30, tess);
  expect([statusesOf(first, 200), statusesOf(first, 429)]).toEqual([20, 10]);
  const refused = first.find(({ status }) => status === 429) as Response;
  expect(refused.headers.get('ratelimit-policy')).toBe('"subject";q=20;w=60, "tenant";q=30;w=60');
  expect(refused.headers.get('ratelimit')).toMatch(/^"subject";r=0;t=\d+$/);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await problemIn(refused)).detail).toContain('At most 20 requests per minute are allowed to one caller');
  const second = await send(16, tom);
  expect(statusesOf(second, 200)).toBe(10);
  const ofTenant = second.find(({ status }) => status === 429) as Response;
  expect((await problemIn(ofTenant)).detail).toContain('all callers of the tenant acme');
  expect((await one.send('/api/v1/usage', { token: await tokenOf(operator) })).headers.get('ratelimit-policy')).toBe(
    '"subject";q=20;w=60',
  );
});

test('a limit is on by default, a request costs no statement of its own, and 0 switches it off', async () => {
  await using stage = await openStage();
  const { headers } = await stage.gateway.send('/api/v1/usage');
  expect(headers.get('ratelimit-policy')).toMatch(/^"subject";q=[1-9]\d{3,};w=60$/);
  await using unlimited = await startGateway(stage.nats, {
    ...{ RATE_LIMIT_PER_MINUTE: '0', RATE_LIMIT_TENANT_PER_MINUTE: '0' },
  });
  const answer = await unlimited.send('/api/v1/usage');
  expect([answer.status, answer.headers.get('ratelimit-policy')]).toEqual([200, null]);
});

test('a gateway that cannot reach the shared counts answers, and counts alone', async () => {
  await using stage = await openStage();
  await using database = await throwawayDatabase({ service: 'gateway' });
  await using gateway = await startGateway(stage.nats, { RATE_LIMIT_PER_MINUTE: '3' }, database);
  await readRows(database, 'ALTER TABLE gateway.rate_counts RENAME TO away');
  const answers: Response[] = [];
  for (let turn = 0; turn < 4; turn += 1) answers.push(await gateway.send('/api/v1/usage'));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
});

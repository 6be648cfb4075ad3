import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FinanceStandIn, startFinanceStandIn } from './finance-stand-in.ts';

const secret = 'a secret of at least thirty-two bytes';
let finance: FinanceStandIn;

beforeAll(async () => {
  finance = await startFinanceStandIn({ secret });
});
afterAll(() => finance.stop());

const tokenWith = (claims: Record<string, unknown>, key = secret) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(new TextEncoder().encode(key));

type Answer = { id: string; status: string };
const bodyOf = async (response: Response) => (await response.json()) as Answer;

const post = async (path: string, body: unknown, token?: string) =>
  fetch(`${finance.url}/api/v1/integrations/cloud/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token ?? (await tokenWith({ tenant_id: 'platform-admin', roles: ['admin'] }))}`,
    },
    body: JSON.stringify(body),
  });

test('finance-stand-in: an import with the same tenant, source and external id updates the first one', async () => {
  const cost = { source: 'digitalocean', external_id: 'one', amount_gross_minor: 8692 };
  const created = await post('import-invoice', cost);
  expect([created.status, await created.json()]).toEqual([201, { id: 'FIN-000001', status: 'created' }]);
  const updated = await post('import-invoice', { ...cost, amount_gross_minor: 9000 });
  expect([updated.status, await updated.json()]).toEqual([200, { id: 'FIN-000001', status: 'updated' }]);
  expect((await bodyOf(await post('import-receivable', { source: 'arcadia', external_id: 'one' }))).id).toBe(
    'FIN-000002',
  );
  expect(finance.imported().map(({ book, imports, body }) => [book, imports, body['amount_gross_minor']])).toEqual([
    ['cost', 2, 9000],
    ['receivable', 1, undefined],
  ]);
});

test('finance-stand-in: a wrong token, role or body is rejected', async () => {
  const body = { source: 'x', external_id: 'y' };
  expect(
    (
      await post(
        'import-invoice',
        body,
        await tokenWith({ tenant_id: 't', roles: ['admin'] }, 'another secret, just as long as it'),
      )
    ).status,
  ).toBe(401);
  expect((await post('import-invoice', body, await tokenWith({ tenant_id: 't', roles: ['reader'] }))).status).toBe(401);
  expect((await post('import-invoice', { source: 'x' })).status).toBe(422);
});

test('finance-stand-in: fail() makes that many imports fail, before or after they take effect', async () => {
  finance.fail(1);
  expect((await post('import-invoice', { source: 's', external_id: 'before' })).status).toBe(503);
  finance.fail(1, { after: true, status: 500 });
  expect((await post('import-invoice', { source: 's', external_id: 'after' })).status).toBe(500);
  expect(finance.imported().map(({ external_id }) => external_id)).not.toContain('before');
  expect((await bodyOf(await post('import-invoice', { source: 's', external_id: 'after' }))).status).toBe('updated');
  finance.fail(1, { hangUp: true });
  await expect(post('import-invoice', { source: 's', external_id: 'gone' })).rejects.toThrow();
});

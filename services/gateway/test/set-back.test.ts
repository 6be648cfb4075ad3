import { startTestService, tableRows, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { captures } from '../src/captures.ts';
import { service } from '../src/service.ts';
import { operator, secret, startGateway, tokenOf } from './stage.ts';

test('after a set-back of the gateway its API keys and the audit chain are what they were', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'gateway' });
  const tables = [...captures, 'audit_entries', 'audit_head'];
  const make = async (at: Awaited<ReturnType<typeof startGateway>>, name: string) => {
    const response = await at.send('/api/v1/api-keys', {
      ...{ method: 'POST', token: await tokenOf(operator), headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ name, role: 'auditor' }),
    });
    expect(response.status).toBe(201);
    return (await response.json()) as { key_id: string; token: string };
  };
  let before: Awaited<ReturnType<typeof tableRows>>;
  let late: { key_id: string; token: string };
  let backup: Awaited<ReturnType<typeof database.snapshot>>;
  {
    await using gateway = await startGateway(nats, {}, database);
    const early = await make(gateway, 'early');
    await gateway.service.settled();
    backup = await database.snapshot();
    await expect.poll(async () => (await gateway.service.health()).facts['relay']?.ok).toBe(true);
    late = await make(gateway, 'late');
    const revoked = await gateway.send(`/api/v1/api-keys/${early.key_id}`, { method: 'DELETE' });
    expect(revoked.status).toBeLessThan(300);
    await gateway.service.settled();
    before = await tableRows(gateway.service.context.db, tables);
    expect(before['audit_entries']).toHaveLength(3);
  }
  await backup.setBack();

  await using restored = await startTestService(service, {
    ...{ database, nats },
    env: { GATEWAY_HOST: '127.0.0.1', GATEWAY_PORT: '0', JWT_SECRET: secret },
  });
  await restored.settled();
  expect(await tableRows(restored.context.db, tables)).toEqual(before);
  const url = String((await restored.health()).facts['http']?.['address']);
  const answer = await fetch(new URL('/api/v1/me', url), { headers: { authorization: `Bearer ${late.token}` } });
  expect(answer.status).toBe(200);
});

import { createLog, startService } from '@arcadia/platform';
import { testEnv, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/service.ts';
import { operator, secret, tokenOf } from './stage.ts';

test('gateway: a command is in the log with its outcome and the id of its request, also one that is refused; a read is not', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'gateway' });
  const lines: string[] = [];
  const running = await startService(service, {
    env: testEnv(database, nats, { GATEWAY_HOST: '127.0.0.1', GATEWAY_PORT: '0', JWT_SECRET: secret }),
    log: createLog({ name: 'gateway', destination: { write: (line) => void lines.push(line) } }),
    scheduler: false,
  });
  try {
    const url = String((await running.health()).facts['http']?.['address']);
    const token = await tokenOf(operator);
    const send = (method: string, id: string, headers: Record<string, string>) =>
      fetch(new URL('/api/v1/tenants?secret=in-an-address', url), {
        method,
        headers: { 'x-request-id': id, ...headers },
      });
    const refused = await send('POST', 'first', {});
    const unread = await send('POST', 'second', { authorization: `Bearer ${token}` });
    await send('GET', 'third', {});
    const logged = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => String(msg).endsWith('was answered'));
    expect(logged).toEqual(
      [
        { status: refused.status, request_id: 'first' },
        { status: unread.status, request_id: 'second' },
      ].map((expected) =>
        expect.objectContaining({ ...expected, level: 'info', method: 'POST', path: '/api/v1/tenants' }),
      ),
    );
    expect(lines.join('')).not.toContain('in-an-address');
  } finally {
    await running.stop();
  }
});

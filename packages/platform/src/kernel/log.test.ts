import { expect, test } from 'vitest';
import { createLog, redactText } from './log.ts';

const canary = 'canary-7f3a91';
const shaped = ['dop_v1_0123456789abcdef0123', 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'];

function logged(write: (log: ReturnType<typeof createLog>) => void, pretty = false): string {
  const lines: string[] = [];
  write(createLog({ name: 'metering', pretty, destination: { write: (line) => void lines.push(line) } }));
  return lines.join('');
}

test('no secret reaches the log, wherever it stands', () => {
  const text = logged((log) => {
    log.info({ token: canary, headers: { authorization: `Bearer ${canary}` } }, 'fields');
    log.info({ config: { database: { password: canary } } }, 'deep');
    log.info(`connecting to postgres://metering:${canary}@db/arcadia`);
    log.error(
      { err: new Error(`refused: nats://user:${canary}@bus with Authorization: Bearer ${canary}`) },
      'an error',
    );
    log.info({ a: { b: { c: { d: { spaces_secret_key: canary, list: [{ access_token: canary }] } } } } }, 'very deep');
    log.info({ odd: `quoted ${shaped.join(' and ')}` }, 'by their shape');
    log.info({ url: `postgres://metering:${canary}@db` }, 'a field');
  });
  for (const secret of [canary, ...shaped]) expect(text).not.toContain(secret);
  const lines = text.split('\n').filter(Boolean);
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toHaveLength(7);
});

test('a line is JSON with level, time, service and message', () => {
  const line = JSON.parse(logged((log) => log.warn({ seq: 7 }, 'a consumer pauses'))) as Record<string, unknown>;
  expect(line).toMatchObject({ level: 'warn', service: 'metering', msg: 'a consumer pauses', seq: 7 });
  expect(String(line['time'])).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test('a person gets a readable line', () => {
  expect(logged((log) => log.info({ seq: 7 }, 'handled'), true)).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} metering +info +handled \{"seq":7\}\n$/,
  );
});

test('addresses keep what is not secret', () => {
  expect(redactText('nats://user:pass@host:4222')).toBe('nats://user:[redacted]@host:4222');
  expect(redactText('http://host:4005/path?a=b@c')).toBe('http://host:4005/path?a=b@c');
});

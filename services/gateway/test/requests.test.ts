import { connect } from 'node:net';
import { metering } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../src/routes/index.ts';
import { answering, openStage, operator, problemIn, startGateway, tenantUser, tokenOf } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
const commands: unknown[] = [];

beforeAll(async () => {
  stage = await openStage({
    env: { CORS_ORIGINS: 'https://console.example' },
    answers: [
      answering(metering.closePeriod, (input) => {
        commands.push(input);
        return { refused: 'period-not-ended', detail: 'The month is still running.', ends_at: '2026-05-01T00:00:00Z' };
      }),
      answering(metering.getPeriod, () => {
        throw new Error('connection to postgres://metering:hunter2@db refused');
      }),
    ],
  });
});
afterAll(() => stage[Symbol.asyncDispose]());

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  stage.gateway.send(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

describe('gateway: a request', () => {
  test('reaches the owning service with its input and trace, and its answer is passed on unchanged', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const response = await stage.gateway.send('/api/v1/usage?kind=droplet_hours&limit=7', { headers: { traceparent } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ items: [], next_cursor: null, total: 0 });
    expect(stage.received.at(-1)).toMatchObject({ input: { kind: 'droplet_hours', limit: 7 }, traceparent });
    await stage.gateway.send('/api/v1/usage', { headers: { traceparent: "00-'; drop table" } });
    expect(stage.received.at(-1)?.traceparent).toBeNull();
  });

  test('with unknown or malformed fields is refused before it reaches the service', async () => {
    const before = stage.received.length;
    for (const query of [
      'limit=0',
      'limit=201',
      'limit=0x10',
      'limit=1e1',
      'limit=%205',
      'limit=ten',
      'group_by=tenant;--',
    ]) {
      const response = await stage.gateway.send(`/api/v1/usage?${query}`);
      const body = await problemIn(response);
      expect([query, body.status, body.type]).toEqual([query, 422, '/problems/invalid-request']);
      expect(body.errors?.[0]?.pointer).toMatch(/^\/query\//);
    }
    const smuggled = await post('/api/v1/periods/2026-04/close', '{"tenant_id":"globex","roles":["platform_admin"]}');
    expect((await problemIn(smuggled)).status).toBe(422);
    expect(stage.received.length).toBe(before);
    expect(commands).toEqual([]);
  });

  test('without a body has an empty one, whatever its content type', async () => {
    const before = commands.length;
    expect((await problemIn(await post('/api/v1/periods/2026-04/close', ''))).type).toMatch(/period-not-ended$/);
    expect(commands.length).toBe(before + 1);
    const missing = await problemIn(await post('/api/v1/deployments', ''));
    expect([missing.status, missing.errors?.map(({ pointer }) => pointer)]).toEqual([422, ['/slug']]);
    commands.length = before;
  });

  test('that the service refuses becomes a problem with its type, detail and extra fields', async () => {
    const body = await problemIn(await post('/api/v1/periods/2026-04/close', '{}'));
    expect(body).toMatchObject({
      status: 422,
      type: '/problems/period-not-ended',
      title: 'Period not ended',
      detail: 'The month is still running.',
      ends_at: '2026-05-01T00:00:00Z',
    });
  });

  test('that fails inside shows an incident number and no internal detail', async () => {
    const response = await stage.gateway.send('/api/v1/periods/2026-04');
    const text = await response.clone().text();
    expect(await problemIn(response)).toMatchObject({ status: 500, type: '/problems/internal' });
    expect(text).toMatch(/incident [0-9a-f-]{36}/);
    expect(text).not.toMatch(/hunter2|postgres|Error|at .*\.ts/);
  });

  test('by a role that is not permitted is refused before it is parsed', async () => {
    const response = await stage.gateway.send('/api/v1/periods/2026-04/close', {
      method: 'POST',
      body: '{"nonsense":1}',
      headers: { 'content-type': 'application/json' },
      token: await tokenOf(tenantUser),
    });
    expect(await problemIn(response)).toMatchObject({ status: 403, type: '/problems/forbidden' });
  });
});

describe('gateway: an address', () => {
  test('that does not exist is a 404, and without a token a 401', async () => {
    for (const path of ['/api/v1/nothing', '/api/v1/usage/', '/api/v2/usage', '/.env', '/api/v1/%2e%2e/usage'])
      expect([path, (await problemIn(await stage.gateway.send(path))).status]).toEqual([path, 404]);
    expect((await problemIn(await stage.gateway.send('/api/v1/nothing', { token: null }))).status).toBe(401);
  });

  test('with the wrong method is a 405 that names the right ones', async () => {
    const response = await stage.gateway.send('/api/v1/periods/2026-04/close', { method: 'GET' });
    expect(await problemIn(response)).toMatchObject({ status: 405 });
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    const patched = await stage.gateway.send('/api/v1/metering/config', { method: 'PATCH' });
    expect(patched.status).toBe(405);
    expect(patched.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'OPTIONS', 'PUT']);
  });

  test('that is a fixed word is never taken for an id', () => {
    for (const [index, { method, path }] of routes.entries()) {
      const earlier = routes.slice(0, index).find((route) => {
        const pattern = new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
        return route.method === method && route.path !== path && pattern.test(path) && !path.includes('{');
      });
      expect([path, earlier?.path]).toEqual([path, undefined]);
    }
    const all = routes.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
    expect(all.filter((each, index) => all.indexOf(each) !== index)).toEqual([]);
  });
});

describe('gateway: a body', () => {
  const path = '/api/v1/periods/2026-04/close';

  test('that is not JSON is a 400, or a 415 if its content type is not JSON', async () => {
    for (const body of ['{', '{"a":1,}', 'NaN', '{"a":1}{"b":2}', '\u0000'])
      expect([body, (await problemIn(await post(path, body))).status]).toEqual([body, 400]);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])
      expect([type, (await problemIn(await post(path, '{}', { 'content-type': type }))).status]).toEqual([type, 415]);
    expect(commands).not.toContainEqual(expect.objectContaining({ a: 1 }));
  });

  test('that is nested too deeply is a 400, and the gateway keeps running', async () => {
    for (const body of ['['.repeat(100_000), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`])
      expect((await problemIn(await post(path, body))).status).toBe(400);
    expect((await problemIn(await post(path, `{"note":"${'[{'.repeat(1_000)}"}`))).status).toBe(422);
    expect((await stage.gateway.send('/api/health')).status).toBe(200);
  });

  test('that is too large is a 413, with or without Content-Length', async () => {
    const large = `{"note":"${'x'.repeat(11 * 1024 * 1024)}"}`;
    expect((await problemIn(await post(path, large))).status).toBe(413);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(large));
        controller.close();
      },
    });
    const response = await stage.gateway.send(path, {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit);
    expect((await problemIn(response)).status).toBe(413);
  });

  test('cannot change the prototype of an object', async () => {
    const attacks = [
      '{"__proto__":{"polluted":true}}',
      '{"\\u005f_proto__":{"polluted":true}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      '{"accept_missing":true,"__proto__":{"polluted":true}}',
    ];
    for (const body of attacks) expect([400, 422]).toContain((await problemIn(await post(path, body))).status);
    for (const query of ['__proto__[polluted]=1', '__proto__=1', 'constructor.prototype.polluted=1'])
      expect([query, (await stage.gateway.send(`/api/v1/usage?${query}`)).status]).toEqual([query, 400]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(commands).not.toContainEqual(expect.objectContaining({ accept_missing: true }));
  });

  test('with text that Postgres cannot store is a 400', async () => {
    for (const body of ['{"note":"\\u0000"}', '{"note":"\\ud800"}', '{"\\u0000":1}'])
      expect((await problemIn(await post(path, body))).status).toBe(400);
    expect((await problemIn(await stage.gateway.send('/api/v1/usage?deployment_id=%00'))).status).toBe(400);
    expect((await problemIn(await post(path, '{}', { 'idempotency-key': 'k'.repeat(256) }))).status).toBe(400);
  });

  test('that is not UTF-8 is a 400, and one with a content encoding or another charset a 415', async () => {
    const send = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
      stage.gateway.send('/api/v1/deployments', {
        method: 'POST',
        body: body as never,
        headers: { 'content-type': 'application/json', ...headers },
      });
    for (const bytes of [[0xe9], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]]) {
      const body = Buffer.concat([Buffer.from('{"slug":"caf'), Buffer.from(bytes), Buffer.from('"}')]);
      expect([bytes, (await problemIn(await send(body))).status]).toEqual([bytes, 400]);
    }
    for (const encoding of ['gzip', 'br', 'identity, gzip', 'x-unknown']) {
      const response = await send('{"slug":"a"}', { 'content-encoding': encoding });
      expect([encoding, response.status, response.headers.get('accept-encoding')]).toEqual([encoding, 415, 'identity']);
    }
    for (const charset of ['iso-8859-1', '"utf-16"'])
      expect((await send('{}', { 'content-type': `application/json; charset=${charset}` })).status).toBe(415);
    const fine = await send('{}', {
      'content-type': 'application/json; charset="UTF-8"',
      'content-encoding': 'Identity',
    });
    expect((await problemIn(fine)).errors?.[0]?.pointer).toBe('/slug');
  });

  test('with an idempotency key of more than 255 characters is a 400, whatever its method', async () => {
    const headers = { 'idempotency-key': 'k'.repeat(3_000) };
    for (const [method, path] of [
      ['POST', '/api/v1/alerts'],
      ['DELETE', '/api/v1/alerts/x'],
      ['GET', '/api/v1/alerts/x'],
    ] as const)
      expect((await stage.gateway.send(path, { method, headers })).status).toBe(400);
  });

  test('that arrives too slowly is a 408', async () => {
    await using patient = await startGateway(stage.nats, { REQUEST_TIMEOUT_MS: '300' });
    const { hostname, port } = new URL(patient.url);
    const token = await tokenOf(operator);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
        );
      });
      const drip = setInterval(() => socket.write(' '), 100);
      socket.on('data', (data) => {
        text += data.toString();
      });
      socket.on('close', () => {
        clearInterval(drip);
        resolve(text);
      });
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('gateway: every response', () => {
  test('has a request id, the caller’s own if it is harmless', async () => {
    const own = await stage.gateway.send('/api/v1/usage', { headers: { 'x-request-id': 'order-66' } });
    expect(own.headers.get('x-request-id')).toBe('order-66');
    const odd = await stage.gateway.send('/api/v1/usage', { headers: { 'x-request-id': 'a b"{}' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('carries the security headers, and API responses are not cached', async () => {
    for (const path of ['/api/v1/usage', '/api/v1/nothing', '/docs', '/api/health']) {
      const { headers } = await stage.gateway.send(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
      expect(headers.get('cache-control')).toBe(path.startsWith('/api/v1') ? 'no-store' : null);
    }
  });

  test('is readable for the configured origins and no others', async () => {
    const ask = async (origin: string, method: string) =>
      (
        await stage.gateway.send('/api/v1/usage', {
          method,
          token: method === 'OPTIONS' ? null : await tokenOf(operator),
          headers: {
            origin,
            'access-control-request-method': 'GET',
            'access-control-request-headers': 'authorization',
          },
        })
      ).headers;
    const allowed = await ask('https://console.example', 'OPTIONS');
    expect(allowed.get('access-control-allow-origin')).toBe('https://console.example');
    expect(allowed.get('access-control-allow-headers')).toBe('authorization');
    expect((await ask('https://console.example', 'GET')).get('vary')).toContain('Origin');
    for (const origin of ['https://evil.example', 'https://console.example.evil.example', 'null'])
      for (const method of ['OPTIONS', 'GET'])
        expect((await ask(origin, method)).get('access-control-allow-origin')).toBeNull();
  });

  test('shows the remaining requests of a rate limit', async () => {
    await using limited = await startGateway(stage.nats, { RATE_LIMIT_PER_MINUTE: '3' });
    const token = await tokenOf(tenantUser);
    const answers = [];
    for (let turn = 0; turn < 4; turn += 1) answers.push(await limited.send('/api/v1/usage', { token }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toMatch(/^"subject";q=3;w=60, "tenant"/);
    expect(answers[1]?.headers.get('ratelimit')).toMatch(/^"subject";r=1;t=\d+, "tenant"/);
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await limited.send('/api/v1/usage')).status).toBe(200);
    expect((await limited.send('/api/health', { token: null })).status).toBe(200);
  });
});

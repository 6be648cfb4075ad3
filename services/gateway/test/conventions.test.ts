import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methodsOf } from '../src/methods.ts';
import type { Route } from '../src/route.ts';
import { routes } from '../src/routes/index.ts';
import { openStage, operator, problemIn, tokenOf } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
let token = '';
beforeAll(async () => {
  stage = await openStage({ env: { CORS_ORIGINS: 'https://console.example' } });
  token = await tokenOf(operator);
});
afterAll(() => stage[Symbol.asyncDispose]());

const send = (path: string, method: string, headers: Record<string, string> = {}) =>
  stage.gateway.send(path, { method, headers, token });

const addressOf = ({ path }: Route): string => path.replaceAll(/\{\w+\}/g, '0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60');
const addresses = [...new Set(routes.map(addressOf))];

/** All at once would be refused by the limits of the test server. */
const each = async <Item>(items: readonly Item[], one: (item: Item) => Promise<void>): Promise<void> => {
  for (let from = 0; from < items.length; from += 20) await Promise.all(items.slice(from, from + 20).map(one));
};

describe('gateway: every path of the table', () => {
  test('answers OPTIONS with Allow, also a preflight, which keeps its headers', async () => {
    await each(addresses, async (path) => {
      const plain = await stage.gateway.send(path, { method: 'OPTIONS', token: null });
      expect([path, plain.status, plain.headers.get('allow')]).toEqual([path, 204, methodsOf(path).join(', ')]);
      const preflight = await stage.gateway.send(path, {
        method: 'OPTIONS',
        token: null,
        headers: { origin: 'https://console.example', 'access-control-request-method': 'GET' },
      });
      expect(preflight.headers.get('access-control-allow-origin')).toBe('https://console.example');
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
      expect([path, preflight.status, preflight.headers.get('allow')]).toEqual([path, 204, plain.headers.get('allow')]);
    });
  });

  test('answers each method that it does not take with 405 and Allow', async () => {
    await each(addresses, async (path) => {
      const allowed = methodsOf(path);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PURGE']) {
        if (allowed.includes(method)) continue;
        const response = await send(path, method);
        expect([method, path, response.status, response.headers.get('allow')]).toEqual([
          method,
          path,
          405,
          allowed.join(', '),
        ]);
        await response.body?.cancel();
      }
    });
  });

  test('answers a caller that does not accept its media type with 406, and one that does otherwise', async () => {
    await each(routes, async (route) => {
      for (const accept of [
        'application/xml',
        'image/*',
        'application/json;q=0, application/pdf;q=0, text/csv;q=0, */*;q=0',
      ]) {
        const response = await send(addressOf(route), route.method.toUpperCase(), { accept });
        expect([route.method, route.path, accept, (await problemIn(response)).type]).toEqual([
          route.method,
          route.path,
          accept,
          '/problems/not-acceptable',
        ]);
      }
    });
    const usage = async (accept: string) => (await send('/api/v1/usage', 'GET', { accept })).status;
    for (const accept of ['*/*', 'application/*', 'text/html, */*;q=0.1', 'application/json; charset=utf-8', ''])
      expect([accept, await usage(accept)]).toEqual([accept, 200]);
    expect(await usage('*/*, application/json;q=0')).toBe(406);
  });

  test('refuses a parameter that it does not know with 400 and the right name, and one that is given twice', async () => {
    await each(routes, async (route) => {
      const response = await send(`${addressOf(route)}?tenant=acme&limit=1&limit=2`, route.method.toUpperCase());
      const { status, type, errors } = await problemIn(response);
      expect([route.method, route.path, status, type]).toEqual([
        route.method,
        route.path,
        400,
        '/problems/unknown-parameter',
      ]);
      expect(errors?.[0]?.pointer).toBe('/query/tenant');
    });
    const wrong = await problemIn(await send('/api/v1/invoices?tenant=acme', 'GET'));
    expect(wrong.detail).toBe('There is no parameter `tenant` here; did you mean `tenant_id`?');
    const twice = await problemIn(await send('/api/v1/invoices?limit=1&limit=2', 'GET'));
    expect([twice.type, twice.errors]).toEqual([
      '/problems/bad-request',
      [{ pointer: '/query/limit', detail: 'given more than once; send one value' }],
    ]);
  });
});

test('gateway: addresses beside the table answer OPTIONS and refuse other methods, and an unknown one is a 404', async () => {
  for (const path of [
    '/api/health',
    '/docs',
    '/docs/start.js',
    '/openapi.json',
    '/problems',
    '/problems/not-found',
    '/api/v1/events',
  ]) {
    expect((await send(path, 'OPTIONS')).headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    const refused = await send(path, 'POST');
    expect([path, refused.status, refused.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD, OPTIONS']);
  }
  for (const method of ['GET', 'OPTIONS', 'POST', 'DELETE'])
    expect([method, (await problemIn(await send('/api/v1/nothing', method))).status]).toEqual([method, 404]);
});

test('gateway: the live feed refuses a caller that does not accept a stream of events, and a parameter', async () => {
  const feed = async (accept: string, query = '') => {
    const left = new AbortController();
    const response = await stage.gateway.send(`/api/v1/events${query}`, { headers: { accept }, signal: left.signal });
    const type = response.status === 200 ? '' : (await problemIn(response)).type;
    left.abort();
    return [response.status, type];
  };
  for (const accept of ['application/json', 'text/html', 'text/event-stream;q=0', '*/*, text/event-stream;q=0'])
    expect([accept, await feed(accept)]).toEqual([accept, [406, '/problems/not-acceptable']]);
  for (const accept of ['text/event-stream', '*/*', 'text/*'])
    expect([accept, await feed(accept)]).toEqual([accept, [200, '']]);
  expect(await feed('*/*', '?tenant_id=globex')).toEqual([400, '/problems/unknown-parameter']);
});

test('gateway: a page of a list links to the first page and to the next one, with the filters of the request', async () => {
  const first = await send('/api/v1/usage?kind=droplet_hours&limit=7', 'GET');
  expect(first.headers.get('link')).toBe('</api/v1/usage?kind=droplet_hours&limit=7>; rel="first"');
});

test('gateway: HEAD is answered like GET, without a body', async () => {
  for (const path of ['/api/v1/usage', '/api/v1/me', '/api/v1/audit', '/api/health', '/openapi.json']) {
    const [get, head] = [await send(path, 'GET'), await send(path, 'HEAD')];
    expect([path, head.status, head.headers.get('content-type')]).toEqual([
      path,
      get.status,
      get.headers.get('content-type'),
    ]);
    expect(await head.text()).toBe('');
    await get.body?.cancel();
  }
});

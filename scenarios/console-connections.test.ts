import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { gateway, provisioning } from '@arcadia/contracts';
import { eventually, openRaw } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ConsoleStage,
  hiddenIn,
  openConsoleStage,
  operator,
  signIn,
  startTestConsole,
  textOf,
} from './src/console-stage.ts';

let stage: ConsoleStage;
beforeAll(async () => {
  stage = await openConsoleStage({ FEEDS_PER_CALLER: '1', DOWNLOADS_PER_CALLER: '1' });
});
afterAll(() => stage[Symbol.asyncDispose]());

const requestOf = (method: string, path: string, cookie: string): Buffer =>
  Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: x\r\ncookie: ${cookie}\r\n\r\n`);

/** The status of an address as a browser with this cookie gets it, which leaves at once. */
const statusOf = async (path: string, cookie: string): Promise<number> => {
  using browser = await openRaw(stage.console.url);
  return (await browser.send(requestOf('GET', path, cookie))).status;
};

test('HEAD opens no feed and no download that would take the connections of the person', async () => {
  const { cookie } = await stage.signIn(operator);
  using browser = await openRaw(stage.console.url);
  for (const path of ['/live', '/live', '/live', '/work/syncs', '/inventory.csv', '/invoices'])
    expect([path, (await browser.send(requestOf('HEAD', path, cookie), { isHead: true })).status]).toEqual([path, 200]);
  await eventually('a feed can be opened', async () => (await statusOf('/live', cookie)) === 200);
  await eventually('the feed that was left is closed', async () => (await statusOf('/live', cookie)) === 200);
});

/** Passes connections on to an address, and cuts one as soon as it asks for something. */
const startCutter = async (address: string, cutsAt: string): Promise<{ url: string; server: Server }> => {
  const { hostname, port } = new URL(address);
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const end = (): void => void [client.destroy(), upstream.destroy()];
    client.on('data', (chunk) => (chunk.includes(cutsAt) ? end() : void upstream.write(chunk)));
    upstream.on('data', (chunk) => void client.write(chunk));
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
};

test('the file of a list whose second page cannot be read breaks off, and does not end like a whole one', async () => {
  const { api } = stage.stack.player;
  for (let made = 0; made < 210; made += 15)
    await Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        api.request(gateway.createApiKey, { name: `key ${made + index}`, role: 'auditor' }),
      ),
    );
  const cutter = await startCutter(stage.stack.running.gateway, 'cursor=');
  const cut = await startTestConsole(stage.stack, { GATEWAY_URL: cutter.url });
  try {
    const { cookie } = await signIn(cut, operator);
    for (const encodings of ['identity', 'gzip']) {
      const headers = { cookie, 'accept-encoding': encodings };
      const response = await fetch(new URL('/api-keys.csv', cut.url), { headers });
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    }
  } finally {
    await cut.stop();
    cutter.server.close();
  }
});

/** Forms, each with a service without which its page cannot be made, and what is typed. */
const forms: readonly (readonly [service: string, page: string, form: string, typed: Record<string, string>])[] = [
  [
    'notifications',
    '/webhooks',
    'endpoint',
    { url: 'https://hooks.example/a', event_types: 'invoice.paid', description: 'the “ledger” & more' },
  ],
  ['drift', '/drift', 'many', { chosen: crypto.randomUUID(), reason: 'ordered by telephone' }],
  ['provisioning', '/deployments/', 'transition', { to: 'paused', reason: 'the contract is on hold' }],
  ['metering', '/periods/2026-04', 'replay', { apply: 'true' }],
];

test('what is typed into a form is kept and can be sent again while a service that its page needs is down', async () => {
  const visitor = await signIn(stage.console, operator);
  const [deployment] = await stage.stack.player.api.list(provisioning.listDeployments, {});
  for (const [service, path, form, typed] of forms) {
    const id = path === '/deployments/' ? (deployment?.deployment_id ?? '') : '';
    const page = await visitor.get(`${path}${id}`);
    const [text = ''] = new RegExp(`<form [^>]*id="form-${form}"[\\s\\S]*?</form>`).exec(page.html) ?? [];
    const action = /action="([^"]*)"/.exec(text)?.[1] ?? '';
    const sent: Record<string, string> = { ...hiddenIn(text), ...typed };
    expect([form, sent['idempotency_key']?.length]).toEqual([form, 36]);
    await stage.stack.running.stack.services.find(({ name }) => name === service)?.stop();
    const kept = await visitor.post(action, sent);
    expect([form, kept.status, textOf(kept.html)]).toEqual([
      form,
      503,
      expect.stringContaining('What you entered is kept'),
    ]);
    expect(textOf(kept.html)).toContain(typed['description'] ?? typed['reason'] ?? 'true');
    const again = Object.fromEntries(
      [...kept.html.matchAll(/<textarea name="([^"]+)" hidden>([^<]*)<\/textarea>/g)].map(
        ([, name = '', value = '']) => [name, textOf(value)],
      ),
    );
    expect([form, again]).toEqual([form, sent]);
    expect([form, /action="([^"]*)" class="form"/.exec(kept.html)?.[1]]).toEqual([form, action]);
  }
}, 120_000);

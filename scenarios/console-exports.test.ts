import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { notifications } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  acme,
  type ConsoleStage,
  linksIn,
  openConsoleStage,
  operator,
  type Shown,
  textOf,
  type Visitor,
} from './src/console-stage.ts';
import { faultBeside, formOn, sendForm, stale } from './src/forms.ts';

const secret = 'not/to+be/seen';

let stage: ConsoleStage;
let visitor: Visitor;
let bucket: { url: string; objects: Map<string, string>; stop: () => void };

beforeAll(async () => {
  [stage, bucket] = await Promise.all([openConsoleStage(), startBucket()]);
  visitor = await stage.signIn(operator);
});
afterAll(async () => {
  bucket?.stop();
  await stage?.[Symbol.asyncDispose]();
});

/** A service with buckets that takes every object. */
async function startBucket() {
  const objects = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    objects.set(decodeURIComponent(request.url ?? ''), String(Buffer.concat(chunks)));
    response.setHeader('etag', '"1"').end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    stop: () => server.close(),
  };
}

const send = (page: Shown, name: string, values: Readonly<Record<string, string>> = {}): Promise<Shown> =>
  sendForm(visitor, page, name, values);

const given = () => ({
  description: 'FinOps',
  dataset: 'charges',
  format: 'csv',
  endpoint_url: bucket.url,
  region: 'eu-central-1',
  bucket: 'finops',
  prefix: 'months/',
  access_key: 'key',
  secret_access_key: secret,
  schedule: '',
});

test('an export is created, exports a month, and is changed, paused, continued and deleted', async () => {
  const list = await visitor.get('/exports');
  expect(textOf(list.html)).toContain('Nothing is exported to a bucket yet. Create an export below');
  const wrong = await send(list, 'export', { ...given(), secret_access_key: '', dataset: 'costs', tenant_id: 'acme' });
  expect([
    wrong.status,
    faultBeside(wrong, 'export-secret_access_key'),
    faultBeside(wrong, 'export-tenant_id'),
  ]).toEqual([422, 'Enter the secret of the access key.', expect.stringContaining('leave this empty')]);
  expect(wrong.html).toContain('value="months/"');
  const refusals = [
    ['endpoint_url', 'http://10.0.0.1/'],
    ['schedule', 'daily'],
    ['tenant_id', 'unknown'],
    ['bucket', 'No Bucket'],
  ] as const;
  for (const [field, value] of refusals) {
    const refused = await send(list, 'export', { ...given(), [field]: value });
    expect([field, refused.status, faultBeside(refused, `export-${field}`)]).toEqual([
      field,
      422,
      expect.stringMatching(/./),
    ]);
    expect([field, refused.html.includes(`value="${value}"`)]).toEqual([field, true]);
  }

  const made = await send(list, 'export', given());
  expect(textOf(made.html)).toContain('The export is made.');
  expect(made.html).not.toContain(secret);
  expect(textOf(made.html)).toContain('No month has been exported yet. Export one now');
  const run = await send(made, 'run', { period: '2026-04' });
  expect(textOf(run.html)).toContain('April 2026 is on its way to the bucket');
  const address = linksIn((await visitor.get('/exports')).html).find((link) => /^\/exports\/./.test(link)) ?? '';
  const done = await eventually('the month is in the bucket', async () => {
    const page = await visitor.get(address);
    return textOf(page.html).includes('delivered, status 200') ? page : null;
  });
  expect(bucket.objects.get('/finops/months/focus-1.4/charges/all-tenants/period=2026-04/charges.csv')).toContain(
    'acme',
  );
  const log = linksIn(done.html).find((link) => link.startsWith('/exports/runs/')) ?? '';
  expect(textOf((await visitor.get(log)).html)).toMatch(/Attempt 1 .* delivered, status 200/);
  expect(textOf((await visitor.get(`${address}?status=failed`)).html)).not.toContain('delivered, status 200');

  const changed = await send(done, 'change', { ...given(), secret_access_key: '', schedule: '30 4 * * *' });
  expect(textOf(changed.html)).toMatch(/By time 30 4 \* \* \* in UTC/);
  const late = await send(done, 'change', { ...given(), description: 'too late' });
  expect([late.status, textOf(late.html)]).toEqual([422, expect.stringContaining(stale)]);
  expect(late.html).toContain('value="too late"');
  const paused = await send(changed, 'pause');
  expect(textOf(paused.html)).toContain('The export is paused');
  expect(paused.html).not.toContain('id="form-run"');
  const continued = await send(paused, 'continue');
  expect(textOf(continued.html)).toContain('The export is continued.');
  expect(textOf((await send(paused, 'delete')).html)).toContain(stale);
  expect(textOf((await send(continued, 'delete')).html)).toContain('Its objects stay.');
  expect(await stage.stack.player.api.list(notifications.listScheduledExports, {})).toEqual([]);
});

test('a tenant makes exports of its own rows alone', async () => {
  const tenant = await stage.signIn(acme);
  const { text } = formOn((await tenant.get('/exports')).html, 'export');
  expect([text.includes('name="dataset"'), text.includes('name="tenant_id"')]).toEqual([false, false]);
  const made = await sendForm(tenant, await tenant.get('/exports'), 'export', given());
  expect(textOf(made.html)).toContain('The export is made.');
  const [found] = await stage.stack.player.api.list(notifications.listScheduledExports, { tenant_id: 'acme' });
  expect(found).toMatchObject({ tenant_id: 'acme', dataset: 'charges', bucket: 'finops' });
});

test('a secret that was typed is kept while the service is down, and not shown', async () => {
  const page = await visitor.get('/exports');
  await stage.stack.running.stack.services.find(({ name }) => name === 'notifications')?.stop();
  const kept = await send(page, 'export', given());
  expect([kept.status, textOf(kept.html)]).toEqual([503, expect.stringContaining('What you entered is kept')]);
  expect(kept.html).toContain(`<textarea name="secret_access_key" hidden>${secret}</textarea>`);
  expect(kept.html.replaceAll(/<textarea [^>]*hidden>[^<]*<\/textarea>/g, '')).not.toContain(secret);
});

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectApi, type Report, reportDocument } from '@arcadia/app';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessFaults, chromiumPath, type Look, openWindow, startBrowser } from './src/browser.ts';
import { linksIn } from './src/console-stage.ts';
import { readWorld } from './src/make-world.ts';
import { faultsOfMonth, monthsOf } from './src/played-months.ts';
import { root, start, startAndRead } from './src/start-command.ts';

/** The report without the gateway's URL and the tokens, which differ between runs. */
const withoutAccess = (report: Report): Report => ({
  ...report,
  gateway: '',
  tokens: { operator: '', tenants: Object.fromEntries(Object.keys(report.tokens.tenants).map((id) => [id, ''])) },
});

const home = mkdtempSync(path.join(tmpdir(), 'arcadia-pilot-'));
let report: Report;
let second: Awaited<ReturnType<typeof startAndRead>>;

beforeAll(async () => {
  const first = await start(home, ['--exit', '--json', '--port', '0']);
  report = reportDocument.parse(JSON.parse(first.stdout));
  second = await startAndRead(home, ['--json', '--port', '0', '--console-port', '0']);
}, 900_000);
afterAll(async () => {
  await second?.[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

test('the pilot world gives its expected figures of April', () => {
  expect(report.period).toBe('2026-04');
  expect(report.usage).toContainEqual(expect.objectContaining({ kind: 'droplet_hours', qty: '2160' }));
  expect(report.invoices).toHaveLength(1);
  const [invoice] = report.invoices;
  expect(invoice).toMatchObject({
    tenant_id: 'acme',
    number: 'INV-000001',
    status: 'paid',
    currency: 'AUD',
    subtotal_cents: 6422,
    tax_cents: 642,
    total_cents: 7064,
  });
  expect(invoice?.lines.map(({ kind, resource_kind, amount_cents }) => [kind, resource_kind, amount_cents])).toEqual([
    ['plan_base', null, 5000],
    ['addon', 'spaces_gb_month', 750],
    ['overage', 'droplet_hours', 672],
    ['tax', null, 642],
  ]);
  expect(report.provider_invoice).toEqual({
    period: '2026-03',
    net_cents: 7902,
    tax_cents: 790,
    gross_cents: 8692,
    lines: 33,
    matched: 17,
  });
});

test('after six months there is drift of each kind, and sagas that were done and undone', () => {
  expect(report.drift.map(({ resource, field }) => `${resource} ${field}`).toSorted()).toEqual([
    'acme-db-1 size_slug',
    'globex-api-2 size_slug',
    'initech-ledger-replica @presence',
    'legacy-blog @owner',
  ]);
  expect(report.sagas.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
    'echo rolled_back',
    'provision_droplet completed',
    'resize_droplet completed',
    'provision_droplet rolled_back',
  ]);
  expect(report.sagas[0]?.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'echo compensated',
    'echo compensated',
    'fail failed',
  ]);
  expect(
    report.tenants.filter(({ margin_cents }) => (margin_cents ?? 0) < 0).map(({ tenant_id }) => tenant_id),
  ).toEqual(['globex']);
});

test('the example in the documentation is the report of the pilot world', () => {
  const example = JSON.parse(readFileSync(path.join(root, 'docs/example-report.json'), 'utf8'));
  expect(withoutAccess(reportDocument.parse(example))).toEqual(withoutAccess(report));
});

test('a second start plays, bills and numbers nothing again', () => {
  expect(withoutAccess(reportDocument.parse(second.document))).toEqual(withoutAccess(report));
  expect(readdirSync(home)).toHaveLength(1);
});

test('each of the six months agrees with the calculator and its replay, is proved, and its bill is borne to the cent', async () => {
  const world = readWorld('pilot');
  const { gateway, tokens } = reportDocument.parse(second.document);
  const operator = await connectApi(gateway, tokens.operator);
  const months = monthsOf(world);
  expect(months).toHaveLength(6);
  for (const month of months) expect([month, await faultsOfMonth(world, month, operator)]).toEqual([month, []]);
}, 600_000);

const narrow: Look = { width: 320, scheme: 'dark' };
const wide: Look = { width: 1280, scheme: 'light' };
/** The kind of a page: its address without ids, numbers and filters. */
const kindOf = (address: string): string => address.replace(/\?.*/, '').replaceAll(/\/[^/]*\d[^/]*/g, '/*');

describe.skipIf(chromiumPath === null)('six months in a browser (needs chromium: apt-get install chromium)', () => {
  let browser: Browser;
  let window: Awaited<ReturnType<typeof openWindow>>;
  const open = (address: string) => window.page.goto(new URL(address, window.page.url()).href);

  beforeAll(async () => {
    browser = await startBrowser();
    window = await openWindow(browser, second.links.get('operator') ?? '', wide);
  });
  afterAll(() => browser?.close());

  test('three clicks lead from the first page to the tenant that loses money, to the reason, and to what runs there', async () => {
    const { page } = window;
    await open('/');
    await page.locator('li', { hasText: 'globex made a loss in September 2026' }).getByRole('link').click();
    const reason = page.locator('.sentence');
    await expect.poll(() => reason.innerText()).toMatch(/^globex lost 77\.19 AUD in September 2026\. /);
    expect(await reason.innerText()).toContain('droplet hours lost most');
    await reason.getByRole('link', { name: 'Globex Render Farm' }).click();
    await page.getByRole('region', { name: 'Resources' }).getByRole('link', { name: 'globex-render-1' }).click();
    await page.getByText('c-2', { exact: true }).first().waitFor();
  });

  test('a saga that was undone names the step that failed, the answer of the provider, and what was undone', async () => {
    const { page } = window;
    await open('/sagas');
    await page.locator('tr', { hasText: 'Rolled back' }).getByRole('link', { name: 'Create a droplet' }).click();
    const text = await page.locator('main').innerText();
    expect(text).toContain('The project has reached its limit of resources.');
    expect(text).toContain('Reserve tag, done, then undone');
    expect(text).toContain('Create droplet, done, then undone with “Reserve tag”');
  });

  test('an operator proves and replays a month with the keyboard alone, and the page follows by itself', async () => {
    const { page } = window;
    const rowsOf = (heading: string) =>
      page.locator('section', { has: page.getByRole('heading', { name: heading }) }).locator('tbody tr');
    await open('/periods/2026-09');
    const [proofs, replays] = [await rowsOf('Proofs').count(), await rowsOf('Replays').count()];
    await page.getByRole('button', { name: 'Prove this month' }).focus();
    await page.keyboard.press('Enter');
    await rowsOf('Proofs').nth(proofs).waitFor({ timeout: 60_000 });
    await rowsOf('Proofs').first().getByText('Proved').waitFor({ timeout: 60_000 });
    await page.locator('summary', { hasText: 'Replay this month' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Start the replay' }).focus();
    await page.keyboard.press('Enter');
    await rowsOf('Replays').nth(replays).waitFor({ timeout: 60_000 });
    await rowsOf('Replays').first().getByText('Agrees').waitFor({ timeout: 60_000 });
  });

  test('axe finds nothing on the pages of a full account, narrow and dark or wide and light, and none scrolls sideways', async () => {
    const { page } = window;
    const found: string[] = [];
    const seen = new Set<string>();
    const waiting = ['/'];
    for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
      if (seen.has(kindOf(address)) || /\.(pdf|csv)(\?|$)|\/csv|^\/assets/.test(address)) continue;
      const look = seen.size % 2 === 0 ? narrow : wide;
      seen.add(kindOf(address));
      await page.setViewportSize({ width: look.width, height: 900 });
      await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: 'reduce' });
      await open(address);
      waiting.push(...linksIn(await page.content()));
      found.push(...(await accessFaults(page)));
    }
    expect(found).toEqual([]);
    expect(seen.size).toBeGreaterThan(25);
    expect(window.faults).toEqual([]);
  }, 600_000);
});

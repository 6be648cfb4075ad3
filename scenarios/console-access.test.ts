import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessFaults, chromiumPath, cutControls, openWindow, phoneWidth, startBrowser } from './src/browser.ts';
import { acme, type ConsoleStage, linksIn, openConsoleStage, operator } from './src/console-stage.ts';

const schemes = ['light', 'dark'] as const;
const narrow = 320;
const wide = 1280;

/** What axe finds on the page that is shown, in both colour schemes, one of them on a narrow screen in turn. */
const faultsIn = async (page: Page, turn: number): Promise<string[]> => {
  const found: string[] = [];
  for (const [index, colorScheme] of schemes.entries()) {
    await page.setViewportSize({ width: (turn + index) % 2 === 0 ? narrow : wide, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    found.push(...(await accessFaults(page)).map((fault) => `${fault} (${colorScheme})`));
  }
  return found;
};

/** The same on both widths in both colour schemes. */
const faultsInEveryLook = async (page: Page): Promise<string[]> => [
  ...(await faultsIn(page, 0)),
  ...(await faultsIn(page, 1)),
];

/** Controls that a telephone shows in part. */
const cutOnPhone = async (page: Page): Promise<string[]> => {
  await page.setViewportSize({ width: phoneWidth, height: 900 });
  return cutControls(page);
};

/** The kind of a page: its address without ids, numbers and filters. */
const kindOf = (address: string): string => address.replace(/\?.*/, '').replaceAll(/\/[^/]*\d[^/]*/g, '/*');

/** Follows links from the first page on, one page of each kind, and opens each. */
const eachKind = async (page: Page, origin: string, look: (address: string) => Promise<void>): Promise<number> => {
  const seen = new Set<string>();
  const waiting = ['/'];
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    if (seen.has(kindOf(address)) || /^\/assets|\.(csv|pdf)|\/csv$/.test(address)) continue;
    seen.add(kindOf(address));
    await page.goto(new URL(address, origin).href);
    waiting.push(...linksIn(await page.content()));
    await look(address);
  }
  return seen.size;
};

const openAll = (page: Page): Promise<unknown> =>
  page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true");

/** Pages whose lists are empty, and a page that does not exist. */
const emptyPages = [
  '/tenants?q=unknown',
  '/invoices?q=INV-999999',
  '/deployments?q=nothing',
  '/drift?q=nothing',
  '/inventory?q=nothing',
  '/audit?subject=unknown',
  '/webhooks',
  '/exports',
  '/api-keys',
  '/usage?period=2020-01',
  '/margin?period=2020-01',
  '/reconciliation?period=2020-01',
  '/find?q=nothing',
  '/there-is-no-such-page',
];

/** Forms with something that is refused beside a field: the page, the form and what is typed. */
const refusedForms: readonly (readonly [page: string, form: string, typed: Readonly<Record<string, string>>])[] = [
  ['/catalog', 'plan', { plan_code: 'x', name: 'X', price: 'much', items: 'droplet_hours many' }],
  ['/catalog', 'price', { price: 'much' }],
  ['/catalog', 'list-price', { csv: 'kind\nx' }],
  ['/webhooks', 'endpoint', { url: 'https://10.0.0.1/' }],
  ['/tenants/acme', 'discount', { first_period: 'soon', percent: '1000' }],
  ['/tenants/acme', 'price', { price: 'much' }],
  ['/tenants/acme', 'line', { description: 'x', price: 'much' }],
  ['/bill/allocation/support', 'rule', { from_period: 'soon', shares: 'none' }],
  ['/api-keys', 'key', { expires: 'never', name: 'x' }],
  ['/exports', 'export', { endpoint_url: 'https://10.0.0.1/' }],
];

describe.skipIf(chromiumPath === null)('access to the console (needs chromium: apt-get install chromium)', () => {
  let stage: ConsoleStage;
  let browser: Browser;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([openConsoleStage(), startBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.[Symbol.asyncDispose]();
  });

  const as = (person: typeof operator) =>
    openWindow(browser, stage.console.signInLink(person), { width: wide, scheme: 'light' });

  test('axe finds nothing on any kind of page with everything on it opened, in both colour schemes, and no control is cut off on a telephone', async () => {
    for (const person of [operator, acme]) {
      const { context, page, faults } = await as(person);
      const found: string[] = [];
      let turn = 0;
      const kinds = await eachKind(page, stage.console.url, async () => {
        await openAll(page);
        found.push(...(await faultsIn(page, turn)), ...(await cutOnPhone(page)));
        turn += 1;
      });
      expect([found, faults]).toEqual([[], []]);
      expect(kinds).toBeGreaterThan(person === operator ? 30 : 10);
      await context.close();
    }
  }, 600_000);

  test('axe finds nothing on empty lists, on a missing page, and where a person signs in', async () => {
    const { context, page } = await as(operator);
    for (const [turn, address] of emptyPages.entries()) {
      await page.goto(new URL(address, stage.console.url).href);
      expect([address, await page.locator('h1').count()]).toEqual([address, 1]);
      expect([address, await faultsIn(page, turn)]).toEqual([address, []]);
    }
    await context.clearCookies();
    await page.goto(new URL('/drift?q=shop', stage.console.url).href);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    expect(new URL(page.url()).searchParams.get('to')).toBe('/drift?q=shop');
    expect(await faultsIn(page, 0)).toEqual([]);
    await page.goto(new URL('/sign-in/link/used-already', stage.console.url).href);
    expect(await faultsIn(page, 1)).toEqual([]);
    await context.close();
  }, 300_000);

  test('a refused form keeps what was typed and has the focus, and axe finds nothing on it', async () => {
    const { context, page } = await as(operator);
    for (const [address, form, typed] of refusedForms) {
      await page.goto(new URL(address, stage.console.url).href);
      await openAll(page);
      const sent = page.locator(`#form-${form}`);
      for (const [name, text] of Object.entries(typed)) {
        // A browser that knows the type of a field lets only that be typed; others send what they have.
        await page.evaluate(
          `(() => {
            const field = document.querySelector('#form-${form} [name="${name}"]');
            if (['date', 'month', 'number', 'url'].includes(field.type)) field.type = 'text';
          })()`,
        );
        await sent.locator(`[name="${name}"]`).fill(text);
      }
      await page.evaluate(
        `(() => {
          const form = document.querySelector('#form-${form}');
          form.noValidate = true;
          form.requestSubmit();
        })()`,
      );
      await page.locator('#refused').waitFor();
      const [name = '', text = ''] = Object.entries(typed).at(-1) ?? [];
      const kept = await page.locator(`#form-${form} [name="${name}"]`).inputValue();
      expect([address, form, kept]).toEqual([address, form, text]);
      expect([address, form, await page.locator(`#form-${form} .fault`).count()]).not.toEqual([address, form, 0]);
      expect(await page.evaluate('document.activeElement?.id')).toBe('refused');
      expect([address, form, await faultsInEveryLook(page)]).toEqual([address, form, []]);
    }
    await context.close();
  }, 300_000);

  test('services that go down one after another are named in their parts of every page, and no page fails', async () => {
    const { context, page } = await as(operator);
    const { services } = stage.stack.running.stack;
    const entries: readonly (readonly [service: string, page: string])[] = [
      ['notifications', '/webhooks'],
      ['drift', '/drift'],
      ['billing-ingest', '/bill'],
      ['provisioning', '/deployments'],
      ['inventory-sync', '/inventory'],
      ['metering', '/usage'],
      ['invoicing', '/catalog'],
    ];
    for (const [turn, [name, own]] of entries.entries()) {
      await services.find((service) => service.name === name)?.stop();
      for (const address of [own, '/', '/tenants/acme', '/margin', '/system']) {
        const answer = await page.goto(new URL(address, stage.console.url).href);
        expect([name, address, answer?.status()]).toEqual([name, address, expect.toBeOneOf([200, 503])]);
        expect([name, address, await page.locator('h1').count()]).toEqual([name, address, 1]);
      }
      await page.goto(new URL(own, stage.console.url).href);
      expect([name, await page.locator('main').innerText()]).toEqual([
        name,
        expect.stringMatching(/does not answer at the moment|not available at the moment|missing at the moment/i),
      ]);
      expect([name, await faultsIn(page, turn)]).toEqual([name, []]);
    }
    await context.close();
  }, 300_000);
});

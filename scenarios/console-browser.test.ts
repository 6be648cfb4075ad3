import { navigationOf } from '@arcadia/console';
import { drift, invoicing } from '@arcadia/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessFaults, chromiumPath, type Look, openWindow, startBrowser } from './src/browser.ts';
import { acme, type ConsoleStage, openConsoleStage, operator } from './src/console-stage.ts';

const narrow: Look = { width: 320, scheme: 'dark' };
const wide: Look = { width: 1280, scheme: 'light' };
const looks = [narrow, wide] as const;

/** What axe finds on the page that is shown, in one look. */
const faultsIn = async (page: Page, { width, scheme }: Look): Promise<string[]> => {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  return accessFaults(page);
};

describe.skipIf(chromiumPath === null)(
  'the web console in a browser (needs chromium: apt-get install chromium)',
  () => {
    let stage: ConsoleStage;
    let browser: Browser;
    let details: { operator: string[]; tenant: string[] };

    beforeAll(async () => {
      [stage, browser] = await Promise.all([openConsoleStage(), startBrowser()]);
      const { api } = stage.stack.player;
      const [invoice] = await api.list(invoicing.listInvoices, { tenant_id: 'acme' });
      const { lines } = await api.request(invoicing.getInvoice, { invoice_id: invoice?.invoice_id ?? '' });
      const overage = lines.find(({ kind }) => kind === 'overage');
      const [difference] = await api.list(drift.listDrift, {});
      const one = `/invoices/${invoice?.invoice_id}`;
      const shared = [one, `${one}/lines/${overage?.line_id}`, `/deployments/${overage?.deployment_id}`];
      details = {
        operator: [
          ...shared,
          '/tenants/acme',
          '/periods/2026-04',
          `/drift/${difference?.drift_id}`,
          `/inventory/${difference?.resource_id}`,
          '/inventory/syncs',
          '/there-is-no-such-page',
        ],
        tenant: [`/plans/change?deployment=${overage?.deployment_id}&plan=pro`],
      };
    });
    afterAll(async () => {
      await browser?.close();
      await stage?.[Symbol.asyncDispose]();
    });

    test('axe finds nothing on any page, narrow and dark or wide and light, and no page scrolls sideways', async () => {
      const found: string[] = [];
      for (const person of [operator, acme]) {
        const { context, page, faults } = await openWindow(browser, stage.console.signInLink(person), looks[0]);
        // A tenant's other pages are those of the operator with fewer columns.
        const pages =
          person.tenantId === null
            ? [...navigationOf(person), ...details.operator]
            : ['/', '/plans', ...details.tenant];
        for (const [index, address] of pages.entries()) {
          // Each page has one look in turn, which halves the time; CONSOLE_LOOKS=all gives every page both.
          for (const look of process.env['CONSOLE_LOOKS'] === 'all' ? looks : [looks[index % 2] ?? looks[0]]) {
            await page.goto(new URL(address, stage.console.url).href);
            found.push(...(await faultsIn(page, look)));
          }
        }
        found.push(...faults);
        await context.close();
      }
      expect(found).toEqual([]);
    });

    test('a tenant who doubts a line opens it down to what was observed, with the keyboard alone', async () => {
      const { context, page, faults } = await openWindow(browser, stage.console.signInLink(acme), wide);
      await page.getByRole('link', { name: 'Invoices', exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'INV-000001' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Droplet hours above the 1,488 h included' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('three droplets ran all of April (2,160 h)').waitFor();
      await page.locator('summary', { hasText: 'acme-db-1' }).focus();
      await page.keyboard.press('Enter');
      await page
        .locator('summary', { hasText: /^1 April 2026/ })
        .first()
        .focus();
      await page.keyboard.press('Enter');
      expect(await page.getByText('of the stream INVENTORY').first().isVisible()).toBe(true);
      expect(await page.getByText('✓ equals the quantity used').isVisible()).toBe(true);
      expect(faults).toEqual([]);
      await context.close();
    });

    test('an operator reverts a drift only after typing the name, and accepts it; the page follows by itself', async () => {
      const { context, page, faults } = await openWindow(browser, stage.console.signInLink(operator), wide);
      await page.getByRole('link', { name: 'Open the drift inbox' }).click();
      await page.getByRole('link', { name: /^Size of acme-db-1 is s-1vcpu-1gb/ }).click();
      await page.locator('summary', { hasText: 'Revert' }).click();
      await page.getByLabel('Type acme-db-1 to confirm').fill('acme-web-1');
      await page.getByRole('button', { name: 'Restore s-1vcpu-2gb' }).click();
      expect(await page.getByLabel('Type acme-db-1 to confirm').inputValue()).toBe('acme-web-1');
      await page.locator('#refused').waitFor();
      await page.locator('summary', { hasText: 'Accept' }).click();
      await page.getByRole('button', { name: 'Expect s-1vcpu-1gb from now on' }).click();
      await page.locator('.title .badge', { hasText: 'Accepted' }).waitFor({ timeout: 20_000 });
      expect(faults).toEqual([]);
      await context.close();
    });

    test('without JavaScript every page can be read and a form can be sent', async () => {
      const look = { ...narrow, hasScripts: false };
      const { context, page } = await openWindow(browser, stage.console.signInLink(operator), look);
      for (const address of navigationOf(operator)) {
        await page.goto(new URL(address, stage.console.url).href);
        expect(await page.locator('h1').count()).toBe(1);
      }
      await page.goto(new URL('/tenants/acme', stage.console.url).href);
      await page.locator('summary', { hasText: 'Change the billing profile' }).click();
      await page.getByLabel('Registration number').fill('ABN 53 004 085 616');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('The billing profile is changed').waitFor();
      await context.close();
    });

    test('a refused form keeps what was typed, shows beside the field what to do, and axe finds nothing on it', async () => {
      const { context, page } = await openWindow(browser, stage.console.signInLink(operator), wide);
      await page.goto(new URL('/tenants/acme', stage.console.url).href);
      await page.locator('summary', { hasText: 'Change the billing profile' }).click();
      await page.getByLabel('Days to pay').fill('9999');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.locator('#refused').waitFor();
      const field = page.getByLabel('Days to pay');
      expect([await field.inputValue(), await field.getAttribute('aria-invalid')]).toEqual(['9999', 'true']);
      const described = (await field.getAttribute('aria-describedby'))?.split(' ').at(-1);
      expect(await page.locator(`#${described}`).innerText()).toMatch(/365/);
      for (const look of looks) expect([look, await faultsIn(page, look)]).toEqual([look, []]);
      await context.close();
    });

    test('while a service is down its parts of the pages are marked as missing, the rest is shown, and axe finds nothing on them', async () => {
      const { services } = stage.stack.running.stack;
      const { context, page } = await openWindow(browser, stage.console.signInLink(operator), wide);
      const down = ['billing-ingest', 'drift'];
      for (const service of services.filter(({ name }) => down.includes(name))) await service.stop();
      for (const [index, address] of ['/', '/bill', '/drift', '/reconciliation', '/system'].entries()) {
        await page.goto(new URL(address, stage.console.url).href);
        expect([address, await page.locator('h1').count()]).toEqual([address, 1]);
        expect([address, await page.locator('main').innerText()]).toEqual([
          address,
          expect.stringMatching(/missing at the moment|not complete at the moment|does not answer|No answer/i),
        ]);
        const look = looks[index % 2] ?? wide;
        expect([address, await faultsIn(page, look)]).toEqual([address, []]);
      }
      await context.close();
    });
  },
);

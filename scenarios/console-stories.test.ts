import { invoicing, provisioning } from '@arcadia/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessFaults, chromiumPath, type Look, openWindow, startBrowser } from './src/browser.ts';
import { acme, type ConsoleStage, openConsoleStage, operator } from './src/console-stage.ts';

const narrow: Look = { width: 320, scheme: 'dark' };
const wide: Look = { width: 1280, scheme: 'light' };

/** Moves to a control by the keyboard's focus and presses Enter on it. */
const press = async (page: Page, role: 'button' | 'link', name: string | RegExp): Promise<void> => {
  await page
    .getByRole(role, { name, ...(typeof name === 'string' ? { exact: true } : {}) })
    .first()
    .focus();
  await page.keyboard.press('Enter');
};

/** Opens a form by its heading, with the keyboard. */
const open = async (page: Page, heading: string): Promise<void> => {
  await page.locator('summary', { hasText: heading }).first().focus();
  await page.keyboard.press('Enter');
};

/** Types into a field that has the focus. */
const type = async (page: Page, label: string, text: string): Promise<void> => {
  await page.getByLabel(label, { exact: true }).first().focus();
  await page.keyboard.type(text);
};

describe.skipIf(chromiumPath === null)('stories in a browser (needs chromium: apt-get install chromium)', () => {
  let stage: ConsoleStage;
  let browser: Browser;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([openConsoleStage(), startBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.[Symbol.asyncDispose]();
  });

  test('a tenant is brought in from nothing to a running month on a plan, with the keyboard alone', async () => {
    const { context, page, faults } = await openWindow(browser, stage.console.signInLink(operator), wide);
    await press(page, 'link', 'Tenants');
    await page.waitForURL('**/tenants');
    await open(page, 'Create a tenant');
    await type(page, 'Id', 'hooli');
    await type(page, 'Name on invoices', 'Hooli Pty Ltd');
    await press(page, 'button', 'Create');
    await page.getByRole('heading', { level: 1, name: 'Hooli Pty Ltd' }).waitFor();

    await page.goto(new URL('/deployments?tenant=hooli', stage.console.url).href);
    await open(page, 'Create a deployment');
    expect(await page.getByLabel('Tenant', { exact: true }).last().inputValue()).toBe('hooli');
    await type(page, 'Short name', 'hooli-app');
    await press(page, 'button', 'Create the deployment');
    await page.getByText('Choose a plan, so that it is billed').waitFor();

    await press(page, 'link', 'Choose a plan');
    await page.getByRole('radio', { name: /Studio/ }).focus();
    await page.keyboard.press('Space');
    await press(page, 'button', 'See what a month would cost');
    await page.getByText('2. What a month would cost').waitFor();
    expect(await page.locator('main').innerText()).toMatch(/Total with tax[\s\S]*AUD/);
    await press(page, 'button', 'Subscribe to Studio');
    await page.getByText('The deployment is on Studio').waitFor();
    expect(await page.locator('main').innerText()).toMatch(/so far[\s\S]*\d+\.\d\d AUD/);
    expect(await accessFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a program gets a key on a narrow, dark screen, and the audit log shows it', async () => {
    const { context, page, faults } = await openWindow(browser, stage.console.signInLink(acme), narrow);
    await page.goto(new URL('/api-keys', stage.console.url).href);
    await open(page, 'Make a key');
    await type(page, 'Name', 'ci');
    await press(page, 'button', 'Make the key');
    await page.getByText('Copy it now').waitFor();
    expect((await page.getByLabel('Token').inputValue()).length).toBeGreaterThan(20);
    expect(await accessFaults(page)).toEqual([]);
    await expect
      .poll(async () => {
        await page.goto(new URL('/audit?request=api-keys.create', stage.console.url).href);
        return page.locator('main').innerText();
      })
      .toMatch(/Create an API key[\s\S]*Name: ci/);
    expect(await accessFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a page that changes while a form on it is filled in keeps the form, the text and the focus, and shows that it changed', async () => {
    const { api } = stage.stack.player;
    const [deployment] = await api.list(provisioning.listDeployments, { tenant_id: 'acme' });
    const deployment_id = deployment?.deployment_id ?? '';
    const { context, page, faults } = await openWindow(browser, stage.console.signInLink(operator), wide);
    const followed = page.waitForResponse((response) => response.url().endsWith('/live'));
    await page.goto(new URL(`/deployments/${deployment_id}`, stage.console.url).href);
    await followed;
    await open(page, 'Change the state');
    const reason = page.locator('#transition-reason');
    await reason.pressSequentially('the contract is on ho');
    await api.request(provisioning.transitionDeployment, { deployment_id, to: 'paused' });
    await page.getByText('Something on this page has changed').waitFor();
    await page.keyboard.type('ld');
    expect([await reason.inputValue(), await page.locator('.title .badge').innerText()]).toEqual([
      'the contract is on hold',
      'Active',
    ]);
    expect(await page.evaluate('document.activeElement?.getAttribute("name")')).toBe('reason');
    await press(page, 'link', 'Read it again');
    await page.locator('.title .badge', { hasText: 'Paused' }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a month is closed again and proved; the bar ends with the result, without a reload', async () => {
    const { context, page, faults } = await openWindow(browser, stage.console.signInLink(operator), wide);
    await page.goto(new URL('/periods/2026-04', stage.console.url).href);
    await open(page, 'Close it again');
    await press(page, 'button', 'Close again');
    await page.getByText('is closed again, with close 2').waitFor();
    await press(page, 'button', 'Prove this month');
    await page.locator('table', { hasText: 'Proved' }).waitFor({ timeout: 30_000 });
    const { items } = await stage.stack.player.api.request(invoicing.listProofs, { period: '2026-04' });
    expect(items[0]?.status).toBe('proved');
    expect(faults).toEqual([]);
    await context.close();
  });
});

import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of Chromium on this machine, as Debian installs it; null where there is none. */
export const chromiumPath = ((): string | null => {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const candidates = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  return [process.env['CHROMIUM'], ...candidates].find((file) => file !== undefined && isExecutable(file)) ?? null;
})();

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts the Chromium of this machine, without a window. */
export const startBrowser = (): Promise<Browser> => {
  if (chromiumPath === null) throw new Error('There is no Chromium on this machine; apt-get install chromium.');
  // A container has no user namespaces for the sandbox; the pages are our own.
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
};

export type Look = { width: 320 | 1280; scheme: 'light' | 'dark' };

/** A person's browser window, signed in by a one-time link. */
export const openWindow = async (
  browser: Browser,
  link: string,
  { width, scheme, hasScripts = true }: Look & { hasScripts?: boolean },
): Promise<{ context: BrowserContext; page: Page; faults: string[] }> => {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    javaScriptEnabled: hasScripts,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on('console', (line) => {
    // A page that is meant to be refused answers with a status that the browser reports as an error.
    if (line.type() === 'error' && !/status of 4\d\d/.test(line.text())) faults.push(`${page.url()}: ${line.text()}`);
  });
  const origin = new URL(link).origin;
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:'))
      faults.push(`foreign request ${request.url()}`);
  });
  await page.goto(link);
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  return { context, page, faults };
};

/** What stays in its place over the page while it is scrolled: wherever it is, it covers a part of some link or field. */
const covering = `[...document.querySelectorAll('body *')]
  .filter((element) => ['fixed', 'sticky'].includes(getComputedStyle(element).position))
  .filter((element) => {
    const [own, main] = [element.getBoundingClientRect(), document.querySelector('main')?.getBoundingClientRect()];
    return own.width > 0 && own.height > 0 && main !== undefined && own.right > main.left && own.left < main.right;
  })
  .map((element) => element.className || element.tagName)`;

/** What axe finds on a page by WCAG 2.2 AA, whether the page scrolls sideways, and what covers it while it is scrolled. */
export const accessFaults = async (page: Page): Promise<string[]> => {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const where = new URL(page.url()).pathname;
  const isWide = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  const covers = (await page.evaluate(covering)) as string[];
  return [
    ...covers.map((name) => `${where}: ${name} covers the page while it is scrolled`),
    ...violations.map(
      ({ id, nodes }) =>
        `${where}: ${id} at ${nodes
          .slice(0, 2)
          .map(({ target }) => target.join(' '))
          .join(', ')}`,
    ),
    ...(isWide === true ? [`${where}: scrolls sideways`] : []),
  ];
};

/** The width of a usual telephone, at which nothing of a control may be cut off. */
export const phoneWidth = 390;

/**
 * Controls of the page that are cut off: a list one of whose choices is longer than it shows, a button whose words do not fit, and any
 * control that reaches beyond what contains it.
 */
export const cutControls = async (page: Page): Promise<string[]> => {
  const found = (await page.evaluate(`(() => {
    const measure = document.createElement('canvas').getContext('2d');
    const nameOf = (element) => element.id || element.name || element.textContent.trim().slice(0, 40);
    const found = [];
    for (const control of document.querySelectorAll('main :is(input:not([type="hidden"]), select, textarea, button, .button, summary)')) {
      const { left, right, width } = control.getBoundingClientRect();
      if (width === 0 || control.closest('.scroll') !== null) continue;
      const around = control.parentElement.getBoundingClientRect();
      if (left < around.left - 1 || right > around.right + 1) found.push('reaches beyond its container: ' + nameOf(control));
      const style = getComputedStyle(control);
      if (control.tagName === 'SELECT') {
        measure.font = style.font;
        const arrow = 20;
        const room = width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - arrow;
        const longest = Math.max(0, ...[...control.options].map(({ text }) => measure.measureText(text).width));
        if (longest > room) found.push('shows a part of a choice: ' + nameOf(control));
      } else if (control.tagName !== 'INPUT' && control.tagName !== 'TEXTAREA' && control.scrollWidth > control.clientWidth + 1)
        found.push('shows a part of its words: ' + nameOf(control));
    }
    return found;
  })()`)) as string[];
  const where = new URL(page.url()).pathname;
  return found.map((fault) => `${where} ${fault}`);
};

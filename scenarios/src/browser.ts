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

/** What axe finds on a page by WCAG 2.2 AA, and whether the page scrolls sideways. */
export const accessFaults = async (page: Page): Promise<string[]> => {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const where = new URL(page.url()).pathname;
  const isWide = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  return [
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

// Takes a picture of every page of a running console: npm run screenshots -- SIGN-IN-LINK [FOLDER]
// `npm start` prints the links; FOLDER is .arcadia/screenshots by default. With --readme it writes the two of docs/images alone.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Look, openWindow, startBrowser } from '../scenarios/src/browser.ts';
import { linksIn } from '../scenarios/src/console-stage.ts';

const root = path.resolve(import.meta.dirname, '..');
/** Pages of one run at most. */
const pagesAtMost = 120;
/** Pages of the README by file name; a pattern stands for the first page with such an address. */
const ofReadme = { 'console-today': /^\/$/, 'console-evidence': /^\/invoices\/[^/]+\/lines\/[^/]+$/ } as const;

const words = process.argv.slice(2).filter((word) => word !== '--readme');
const isReadme = process.argv.includes('--readme');
const [link, folder = isReadme ? path.join(root, 'docs/images') : path.join(root, '.arcadia/screenshots')] = words;
if (link === undefined) throw new Error('Give a sign-in link that `npm start` has printed.');
mkdirSync(folder, { recursive: true });

const looks: Look[] = isReadme
  ? [{ width: 1280, scheme: 'light' }]
  : (['light', 'dark'] as const).flatMap((scheme) => ([1280, 320] as const).map((width) => ({ width, scheme })));

const browser = await startBrowser();
const { context, page } = await openWindow(browser, link, looks[0] as Look);
const origin = new URL(page.url()).origin;
const seen = new Set<string>();
const waiting = ['/'];
while (waiting.length > 0 && seen.size < pagesAtMost) {
  const address = waiting.shift() ?? '/';
  if (seen.has(address) || /\.(pdf|csv)(\?|$)|\/csv$/.test(address)) continue;
  seen.add(address);
  await page.goto(`${origin}${address}`);
  for (const next of linksIn(await page.content()))
    if (!next.startsWith('/assets/') && !seen.has(next)) waiting.push(next);
  if (isReadme) await pictureOfReadme(address);
  else await pictures(address);
}
await context.close();
await browser.close();

async function pictures(address: string): Promise<void> {
  const name =
    address === '/'
      ? 'first-page'
      : address
          .slice(1)
          .replaceAll(/[^a-z0-9]+/gi, '-')
          .slice(0, 80);
  for (const { width, scheme } of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: path.join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
  }
}

async function pictureOfReadme(address: string): Promise<void> {
  for (const [name, pattern] of Object.entries(ofReadme)) {
    const isWanted =
      pattern.test(address) && (name !== 'console-evidence' || (await page.getByText('In a sentence').count()) > 0);
    if (!isWanted || (name === 'console-evidence' && (await page.locator('.tree').count()) === 0)) continue;
    await page.setViewportSize({ width: 1000, height: 580 });
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}

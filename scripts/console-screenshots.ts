// Takes a picture of every page of the console: npm run screenshots [-- SIGN-IN-LINK] [-- FOLDER]
// Without a link, as `npm start` prints them, it starts the pilot world itself, signs in as the operator and as each tenant, and
// stops it again. FOLDER is .arcadia/screenshots by default. With --readme it writes the two pictures of docs/images alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Look, openWindow, startBrowser } from '../scenarios/src/browser.ts';
import { linksIn } from '../scenarios/src/console-stage.ts';

type Page = Awaited<ReturnType<typeof openWindow>>['page'];

const root = path.resolve(import.meta.dirname, '..');
/** Pages of one kind, whose addresses differ in ids and filters only. */
const pagesOfKind = 3;

const words = process.argv.slice(2);
const isReadme = words.includes('--readme');
const link = words.find((word) => word.startsWith('http'));
const named = words.find((word) => !word.startsWith('http') && word !== '--readme');
const folder = named ?? path.join(root, isReadme ? 'docs/images' : '.arcadia/screenshots');
const looks: Look[] = isReadme
  ? [{ width: 1280, scheme: 'light' }]
  : (['light', 'dark'] as const).flatMap((scheme) => ([1280, 320] as const).map((width) => ({ width, scheme })));

const { links, stop } =
  link === undefined ? await startPilot() : { links: [['', link] as const], stop: async () => {} };
const browser = await startBrowser();
try {
  for (const [person, address] of isReadme ? links.slice(0, 1) : links) {
    const target = isReadme ? folder : path.join(folder, person);
    mkdirSync(target, { recursive: true });
    const { context, page } = await openWindow(browser, address, looks[0] as Look);
    const count = isReadme ? await picturesOfReadme(page) : await visit(page, target);
    await context.close();
    process.stderr.write(`${count} pages${person === '' ? '' : ` as ${person}`}: ${target}\n`);
  }
} finally {
  await browser.close();
  await stop();
}

/** Starts the pilot world with its console, and waits for its sign-in links: one for the operator, one for each tenant. */
async function startPilot(): Promise<{ links: (readonly [string, string])[]; stop: () => Promise<void> }> {
  const command = [
    path.join(root, 'apps/arcadia/src/main.ts'),
    'start',
    '--json',
    '--port',
    '0',
    '--console-port',
    '0',
  ];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let shown = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (part) => {
      process.stderr.write(part);
      shown += String(part);
      if (shown.includes('Press Ctrl-C')) resolve();
    });
    child.once('exit', () =>
      reject(new Error('The pilot world could not be started; the lines above give the reason.')),
    );
  });
  const found = [...shown.matchAll(/the (operator|tenant \S+)\s+(http\S+)/g)];
  return {
    links: found.map(([, person = '', address = '']) => [person.replace('tenant ', ''), address] as const),
    stop: async () => {
      child.kill('SIGINT');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** The kind of a page: its address without ids, numbers and filters. */
function kindOf(address: string): string {
  return address.replace(/\?.*/, '').replaceAll(/\/[^/]*\d[^/]*/g, '/*');
}

/** Follows the links of the console from its first page on, and takes pictures of some pages of each kind. Returns their number. */
async function visit(page: Page, target: string): Promise<number> {
  const origin = new URL(page.url()).origin;
  const seen = new Set<string>();
  const shown = new Map<string, number>();
  const waiting = ['/'];
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    const kind = kindOf(address);
    if (seen.has(address) || (shown.get(kind) ?? 0) >= pagesOfKind || /\.(pdf|csv)(\?|$)|\/csv/.test(address)) continue;
    seen.add(address);
    shown.set(kind, (shown.get(kind) ?? 0) + 1);
    await page.goto(`${origin}${address}`);
    waiting.push(...linksIn(await page.content()).filter((next) => !next.startsWith('/assets/')));
    await pictures(page, address, target);
  }
  return seen.size;
}

async function pictures(page: Page, address: string, target: string): Promise<void> {
  const name = address === '/' ? 'first-page' : address.slice(1).replaceAll(/[^a-z0-9]+/gi, '-');
  for (const { width, scheme } of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    const file = path.join(target, `${name.slice(0, 80)}-${width}-${scheme}.png`);
    await page.screenshot({ path: file, fullPage: true });
  }
}

/** The first page, and why a line is on the invoice of April. Returns their number. */
async function picturesOfReadme(page: Page): Promise<number> {
  await page.setViewportSize({ width: 1000, height: 640 });
  await page.goto(new URL('/', page.url()).href);
  await page.screenshot({ path: path.join(folder, 'console-today.png') });
  await page.goto(new URL('/invoices?period=2026-04', page.url()).href);
  await page.getByRole('link', { name: 'INV-000001' }).click();
  await page.getByRole('link', { name: /^Droplet hours above/ }).click();
  await page.getByText('In a sentence').waitFor();
  await page.screenshot({ path: path.join(folder, 'console-evidence.png') });
  return 2;
}

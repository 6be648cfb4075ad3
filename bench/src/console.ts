import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPlayer, issueToken, issueTokens, openHome, startWorldStack } from '@arcadia/app';
import { parseConfig, startConsole } from '@arcadia/console';
import { invoicing } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { createLog } from '@arcadia/platform';
import { recordRequests, sendAll } from './bare/recorded-requests.ts';
import type { Bench, BenchStage } from './bench.ts';
import { percentile, type Sizes, sizesOf, tooLarge } from './page-sizes.ts';

const requestsPerSecond = 20;
const requestsPerSlice = 100;
/** Milliseconds within which 95 of 100 pages are answered. */
const p95Ms = 150;

/** Plays the pilot world on servers of its own, and starts the console before a recorder of its requests. */
const openStage = async (stage: BenchStage) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-bench-console-'));
  stage.defer(async () => rmSync(folder, { recursive: true, force: true }));
  const file = path.resolve(import.meta.dirname, '../../worlds/pilot.json');
  const world = parseWorld(readFileSync(file, 'utf8'), file);
  const home = openHome(folder, { fresh: false });
  const progress = { stage: stage.progress, now: () => {}, end: () => {} };
  const running = await startWorldStack({ world, home, port: 0, only: null, progress });
  stage.defer(() => running.stop());
  const { operator } = await issueTokens(home, world);
  const player = await createPlayer(running, { home, world, token: operator });
  stage.progress('playing six months of the pilot world');
  await player.play(progress, new AbortController().signal);
  const recorder = await recordRequests(running.gateway);
  const { jwt } = home.state.secrets;
  const console = await startConsole({
    config: parseConfig({
      CONSOLE_HOST: '127.0.0.1',
      CONSOLE_PORT: '0',
      CONSOLE_SECRET: jwt,
      GATEWAY_URL: recorder.url,
    }),
    log: createLog({ name: 'console', level: 'error', destination: process.stderr }),
    issueToken: ({ subject }) => issueToken(jwt, { subject, tenantId: null, role: 'platform_admin' }),
  });
  // What lies before is stopped first: the console, the recorder, the player.
  stage.defer(() => player.close());
  stage.defer(() => recorder.stop());
  stage.defer(() => console.stop());
  const [invoice] = await player.api.list(invoicing.listInvoices, { tenant_id: 'acme' });
  return { gateway: running.gateway, recorder, console, operator, invoice: invoice?.invoice_id ?? '' };
};

/** The session of an operator, by a one-time link. */
const signIn = async (link: string): Promise<string> => {
  const { headers } = await fetch(link, { redirect: 'manual' });
  return headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
};

/** Sends requests at a fixed rate and returns how long each took from the instant at which it was due. */
const atRate = async (send: (index: number) => Promise<void>): Promise<number[]> => {
  const startedAt = performance.now();
  const sent = Array.from({ length: requestsPerSlice }, async (_, index) => {
    const due = startedAt + (index * 1000) / requestsPerSecond;
    await delay(Math.max(0, due - performance.now()));
    await send(index);
    return performance.now() - due;
  });
  return Promise.all(sent);
};

export const consoleBench: Bench = {
  name: 'console',
  unit: 'µs/page',
  summary:
    'pages of the web console at 20 requests a second, against the requests to the gateway that each page consists of, sent at once (at most three times their time)',
  gate: { kind: 'at-most', gate: 3, aim: 2 },
  pairs: 5,
  async prepare(stage) {
    const { gateway, recorder, console, operator, invoice } = await openStage(stage);
    const cookie = await signIn(console.signInLink({ subject: 'operator', tenantId: null, roles: ['platform_admin'] }));
    const pages = [
      '/',
      '/margin',
      '/inventory',
      '/usage',
      '/drift',
      '/bill',
      '/tenants/globex',
      `/invoices/${invoice}`,
    ];
    const requests = new Map<string, string[]>();
    const sizes: Sizes[] = [];
    for (const page of pages) {
      recorder.taken();
      sizes.push(await sizesOf(console.url, page, cookie));
      requests.set(page, recorder.taken());
    }
    const pageAt = (index: number): string => pages[index % pages.length] ?? '/';
    const ofPages: number[] = [];
    const ofRequests: number[] = [];
    const slice = async (into: number[], send: (page: string) => Promise<void>) => {
      const times = await atRate((index) => send(pageAt(index)));
      into.push(...times);
      return { units: times.length, ms: times.reduce((sum, ms) => sum + ms, 0) };
    };
    return {
      ours: () =>
        slice(ofPages, async (page) => {
          const answer = await fetch(new URL(page, console.url), { headers: { cookie } });
          if (answer.status !== 200) throw new Error(`${page} answered ${answer.status}`);
          await answer.text();
        }),
      bare: () => slice(ofRequests, (page) => sendAll(gateway, requests.get(page) ?? [], operator)),
      async check() {
        const faults = sizes.flatMap(tooLarge);
        // A machine on which the bare requests alone take half of the bar is too busy to judge the pages by it.
        const isJudged = ofRequests.length > requestsPerSlice && percentile(ofRequests, 95) < p95Ms / 2;
        const p95 = percentile(ofPages, 95);
        if (isJudged && p95 > p95Ms)
          faults.push(`95 of 100 pages are answered within ${Math.round(p95)} ms, not ${p95Ms}`);
        if (faults.length > 0) throw new Error(faults.join('\n'));
      },
      async notes() {
        const largest = sizes.toSorted((a, b) => b.html - a.html)[0];
        return {
          'pages, p50 ms': percentile(ofPages, 50),
          [`pages, p95 ms (bar ${p95Ms})`]: percentile(ofPages, 95),
          'pages, p99 ms': percentile(ofPages, 99),
          'bare requests, p95 ms': percentile(ofRequests, 95),
          'largest page': `${largest?.page}, ${largest?.html} bytes of HTML`,
          'style, bytes': sizes[0]?.css ?? 0,
          'scripts, bytes': sizes[0]?.js ?? 0,
          'first page with all files, bytes': sizes[0]?.all ?? 0,
        };
      },
    };
  },
};

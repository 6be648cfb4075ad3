import { gzipSync } from 'node:zlib';
import { issueToken } from '@arcadia/app';
import { navigationOf } from '@arcadia/console';
import { invoicing } from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  acme,
  type ConsoleStage,
  linksIn,
  openConsoleStage,
  operator,
  startTestConsole,
  textOf,
  type Visitor,
} from './src/console-stage.ts';
import { startIdentityProvider } from './src/identity-provider.ts';

/** Limits of what a browser downloads, in bytes as sent (gzip). */
const limits = { html: 15 * 1024, css: 8 * 1024, js: 20 * 1024 };
/** Pages that one person's crawl reads at most. */
const pagesAtMost = 150;

let stage: ConsoleStage;
let invoice: { id: string; lines: { line_id: string; kind: string }[] };
let other: { id: string };

beforeAll(async () => {
  stage = await openConsoleStage();
  const [issued] = await stage.stack.player.api.list(invoicing.listInvoices, { tenant_id: 'acme' });
  const { lines } = await stage.stack.player.api.request(invoicing.getInvoice, {
    invoice_id: issued?.invoice_id ?? '',
  });
  invoice = { id: issued?.invoice_id ?? '', lines };
  other = { id: issued?.invoice_id ?? '' };
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Every page that links lead to, from the first page on. */
const crawl = async (visitor: Visitor): Promise<Map<string, Awaited<ReturnType<Visitor['get']>>>> => {
  const seen = new Map<string, Awaited<ReturnType<Visitor['get']>>>();
  const waiting = ['/'];
  while (waiting.length > 0 && seen.size < pagesAtMost) {
    const address = waiting.shift() ?? '/';
    if (seen.has(address)) continue;
    const page = await visitor.get(address);
    seen.set(address, page);
    if (page.headers.get('content-type')?.startsWith('text/html') !== true) continue;
    for (const link of linksIn(page.html)) if (!seen.has(link) && !waiting.includes(link)) waiting.push(link);
  }
  return seen;
};

test('a sign-in link works once, and without a session every page leads to signing in and back', async () => {
  const link = stage.console.signInLink(operator);
  expect((await fetch(link)).status).toBe(200);
  const again = await fetch(link);
  expect([again.status, textOf(await again.text())]).toEqual([
    401,
    expect.stringContaining('This sign-in link is not valid'),
  ]);
  const away = await fetch(new URL('/invoices?status=paid', stage.console.url), { redirect: 'manual' });
  expect([away.status, away.headers.get('location')]).toEqual([303, '/sign-in?to=%2Finvoices%3Fstatus%3Dpaid']);
});

test.each([operator, acme])(
  'every page that links lead $subject to is there, small, and free of inline code',
  async (person) => {
    const visitor = await stage.signIn(person);
    const pages = await crawl(visitor);
    for (const entry of navigationOf(person)) expect([...pages.keys()]).toContain(entry);
    const faults = [...pages].flatMap(([address, page]) => {
      const isPage = page.headers.get('content-type')?.startsWith('text/html') === true;
      return [
        ...(page.status === 200 ? [] : [`${address}: ${page.status}`]),
        ...(isPage && page.zippedBytes > limits.html ? [`${address}: ${page.zippedBytes} bytes`] : []),
        ...(isPage && /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|(src|href)="(https?:)?\/\//.test(page.html)
          ? [`${address}: inline code or a foreign file`]
          : []),
        ...(isPage && /undefined|NaN|\[object|null</.test(textOf(page.html))
          ? [`${address}: a value that is not one`]
          : []),
        ...(isPage && /This part is missing|not complete at the moment/.test(page.html)
          ? [`${address}: a missing part`]
          : []),
      ];
    });
    expect(faults).toEqual([]);
    expect(pages.get('/')?.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
  },
);

test('a person signs in with the identity provider by the code flow with PKCE, and comes back to the page', async () => {
  const { jwt } = stage.stack.home.state.secrets;
  const claims = { subject: 'olivia', tenantId: null, role: 'platform_admin' } as const;
  await using provider = await startIdentityProvider(() => issueToken(jwt, claims));
  const running = await startTestConsole(stage.stack, { OPENID_ISSUER: provider.url, OPENID_CLIENT_ID: 'console' });
  try {
    const begun = await fetch(`${running.url}/sign-in/open-id?to=/invoices`, { redirect: 'manual' });
    const attempt = begun.headers.getSetCookie()[0] ?? '';
    expect(attempt).toMatch(/HttpOnly; SameSite=Lax/);
    const asked = new URL(begun.headers.get('location') ?? '');
    expect([asked.searchParams.get('code_challenge_method'), asked.searchParams.get('client_id')]).toEqual([
      'S256',
      'console',
    ]);
    const returned = (await fetch(asked, { redirect: 'manual' })).headers.get('location') ?? '';
    const cookie = attempt.split(';')[0] ?? '';
    const signedIn = await fetch(returned, { headers: { cookie }, redirect: 'manual' });
    expect([signedIn.status, await signedIn.text()]).toEqual([200, expect.stringContaining('0;url=/invoices')]);
    const session = signedIn.headers.getSetCookie().find((line) => line.startsWith('session=')) ?? '';
    expect(session).toMatch(/HttpOnly; SameSite=Strict/);
    const page = await fetch(`${running.url}/invoices`, { headers: { cookie: session.split(';')[0] ?? '' } });
    expect([page.status, textOf(await page.text())]).toEqual([200, expect.stringContaining('olivia operator')]);

    const stolen = new URL(returned);
    stolen.searchParams.set('state', 'another');
    const foreign = await fetch(stolen, { headers: { cookie } });
    expect(foreign.status).toBe(401);
    expect((await fetch(returned)).status).toBe(401);
  } finally {
    await running.stop();
  }
});

test('a person signs in with a token of the API; a wrong one is refused with a sentence', async () => {
  const send = (token: string) =>
    fetch(new URL('/sign-in/token', stage.console.url), {
      method: 'POST',
      headers: { origin: stage.console.url },
      body: new URLSearchParams({ token, to: '/usage' }),
    });
  const right = await send(stage.stack.tokens.operator);
  expect([right.status, await right.text()]).toEqual([200, expect.stringContaining('0;url=/usage')]);
  const wrong = await send('not-a-token');
  expect([wrong.status, textOf(await wrong.text())]).toEqual([
    401,
    expect.stringContaining('does not accept this token'),
  ]);
});

test('style and scripts are small, and kept by browsers for ever', async () => {
  const sent = { css: 0, js: 0 };
  const { html } = await (await stage.signIn(operator)).get('/');
  for (const [, address = ''] of html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
    const file = await fetch(new URL(address.replaceAll('&amp;', '&'), stage.console.url));
    expect([address, file.status, file.headers.get('cache-control')]).toEqual([
      address,
      200,
      'public, max-age=31536000, immutable',
    ]);
    const bytes = gzipSync(Buffer.from(await file.arrayBuffer()), { level: 9 }).length;
    if (address.includes('.css')) sent.css += bytes;
    if (address.includes('.js')) sent.js += bytes;
  }
  expect([sent.css > 0, sent.css <= limits.css, sent.js <= limits.js]).toEqual([true, true, true]);
});

test('the evidence of a line is a sentence, and every level adds up to the one above', async () => {
  const line = invoice.lines.find(({ kind }) => kind === 'overage')?.line_id ?? '';
  for (const person of [operator, acme]) {
    const page = await (await stage.signIn(person)).get(`/invoices/${invoice.id}/lines/${line}`);
    const text = textOf(page.html);
    expect(text).toContain(
      'Droplet hours: three droplets ran all of April (2,160 h); 1,488 are included; 672 h × 0.01 AUD = 6.72 AUD',
    );
    expect(text).toContain('Sum of 3 resources: 2,160 h ✓ equals the quantity used');
    expect(text.match(/✓ equals/g)?.length).toBe(4);
    expect(text).not.toContain('differs from');
    expect(text).toMatch(/message 64 of the stream INVENTORY|of the stream INVENTORY/);
  }
});

test('a tenant sees no page of the operator and nothing of another tenant', async () => {
  const globex = await stage.signIn({ subject: 'globex-user', tenantId: 'globex', roles: ['tenant'] });
  for (const [address, status] of [
    ['/tenants', 403],
    ['/margin', 403],
    ['/drift', 403],
    ['/sagas', 403],
    ['/tenants/acme', 404],
    [`/invoices/${other.id}`, 404],
    [`/invoices/${other.id}.pdf`, 404],
  ] as const)
    expect([address, (await globex.get(address)).status]).toEqual([address, status]);
});

test('a command from another site is refused, with a session or without', async () => {
  const visitor = await stage.signIn(operator);
  const address = `/invoices/${invoice.id}/pay`;
  const foreign = await visitor.post(address, { reference: 'x' }, { origin: 'https://elsewhere.example' });
  expect(foreign.status).toBe(403);
  const hidden = await visitor.post(address, { reference: 'x' }, { 'sec-fetch-site': 'cross-site' });
  expect(hidden.status).toBe(403);
  const unsaid = await visitor.post(address, { reference: 'x' }, { origin: '' });
  expect(unsaid.status).toBe(403);
});

test('a refused form keeps what was typed and shows beside the field what to do', async () => {
  const visitor = await stage.signIn(operator);
  const refused = await visitor.post(`/invoices/${invoice.id}/pay`, { reference: 'x'.repeat(201) });
  expect(refused.status).toBe(422);
  expect(refused.html).toMatch(/<input[^>]*value="x{201}"[^>]*aria-invalid="true"/);
  expect(refused.html).toMatch(/class="fault" id="pay-reference-fault">[^<]+</);
});

test('a form that is sent twice takes effect once', async () => {
  const visitor = await stage.signIn(operator);
  const fields = { idempotency_key: 'one-key-for-both', line_id: '', amount: '', currency: 'AUD', reason: 'outage' };
  const line_id = invoice.lines[0]?.line_id ?? '';
  const once = await visitor.post(`/invoices/${invoice.id}/credit`, { ...fields, line_id, amount: '1.00' });
  const twice = await visitor.post(`/invoices/${invoice.id}/credit`, { ...fields, line_id, amount: '1.00' });
  expect([once.status, twice.status]).toEqual([200, 200]);
  expect(textOf(twice.html)).toContain('Credit note CN-000001 is issued.');
  const { items } = await stage.stack.player.api.request(invoicing.listCreditNotes, { invoice_id: invoice.id });
  expect(items.map(({ total_cents }) => total_cents)).toEqual([110]);
});

test('a payment of a part leaves the rest due, and more than is due is refused beside its field', async () => {
  const visitor = await stage.signIn(operator);
  const pay = (amount: string) =>
    visitor.post(`/invoices/${invoice.id}/pay`, { reference: 'bank 7', currency: 'AUD', amount });
  const part = await pay('20.00');
  expect(textOf(part.html)).toContain('has a payment; 49.54 AUD is still due');
  expect(textOf(part.html)).toMatch(/Paid −20\.00 AUD Credit −1\.10 AUD Still due 49\.54 AUD/);
  const tooMuch = await pay('49.55');
  expect([tooMuch.status, textOf(tooMuch.html)]).toEqual([422, expect.stringContaining('49.54')]);
  const unclear = await pay('all of it');
  expect(unclear.html).toMatch(/id="pay-amount-fault">Enter the paid amount/);
});

test('the PDF and the CSV of an invoice come through the console as the gateway sends them', async () => {
  const { cookie } = await stage.signIn(acme);
  const file = await fetch(new URL(`/invoices/${invoice.id}.pdf`, stage.console.url), { headers: { cookie } });
  expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/pdf']);
  expect(
    Buffer.from(await file.arrayBuffer())
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
});

test('a service that is down is named in its part of a page, and the page does not fail', async () => {
  const visitor = await stage.signIn(operator);
  const metering = stage.stack.running.stack.services.find(({ name }) => name === 'metering');
  await metering?.stop();
  const first = await visitor.get('/');
  expect([first.status, textOf(first.html)]).toEqual([
    200,
    expect.stringContaining('This list is not complete at the moment.'),
  ]);
  const line = invoice.lines.find(({ kind }) => kind === 'overage')?.line_id ?? '';
  const evidence = await visitor.get(`/invoices/${invoice.id}/lines/${line}`);
  expect([evidence.status, textOf(evidence.html)]).toEqual([
    200,
    expect.stringContaining('Metering does not answer at the moment'),
  ]);
});

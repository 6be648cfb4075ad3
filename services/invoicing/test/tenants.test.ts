import { invoicing, isRefusal } from '@arcadia/contracts';
import { publishedEvents } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeOf, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

beforeAll(async () => {
  at = await openStage();
});
afterAll(() => at[Symbol.asyncDispose]());

let revision = 0;
/** Studio for April: 50.00 + 5.00. */
const invoiced = async (tenant: string) => {
  await at.deploy(tenant, tenant);
  await at.subscribe(tenant, 'studio');
  revision += 1;
  await at.close(closeOf('2026-04', [], { revision }));
  return at.invoice(tenant);
};

const account = async (tenant_id: string) => {
  const { outstanding_cents, overdue_cents, overdue_invoices, balance_cents, invoices } = granted(
    await at.ask(invoicing.getTenant, { tenant_id }),
  );
  return { outstanding_cents, overdue_cents, overdue_invoices, balance_cents, invoices };
};

const statement = async (tenant_id: string) =>
  granted(await at.ask(invoicing.getStatement, { tenant_id })).items.map(({ kind, amount_cents, balance_cents }) => [
    kind,
    amount_cents,
    balance_cents,
  ]);

it('a tenant owes what was issued, less what was paid and credited', async () => {
  const { invoice_id } = await invoiced('debtor');
  const owed = { outstanding_cents: 5500, overdue_cents: 0, overdue_invoices: 0, balance_cents: 5500, invoices: 1 };
  expect(await account('debtor')).toEqual(owed);
  const line = (await at.invoice('debtor')).lines[0]?.line_id ?? '';
  const lines = [{ line_id: line, amount_cents: 1000 }];
  granted(await at.ask(invoicing.creditInvoice, { invoice_id, reason: 'outage', lines }));
  expect(await account('debtor')).toEqual({ ...owed, outstanding_cents: 4400, balance_cents: 4400 });
  at.clock.set(Temporal.Instant.from('2026-05-16T00:30:00Z'));
  expect(await account('debtor')).toMatchObject({ overdue_cents: 4400, overdue_invoices: 1 });
  granted(await at.ask(invoicing.payInvoice, { invoice_id, reference: 'bank 7' }));
  expect(await account('debtor')).toEqual({ ...owed, outstanding_cents: 0, balance_cents: 0 });
  at.clock.set(Temporal.Instant.from('2026-05-17T00:00:00Z'));
  granted(await at.ask(invoicing.creditInvoice, { invoice_id, reason: 'goodwill after the payment', lines }));
  expect(await account('debtor')).toMatchObject({ outstanding_cents: 0, balance_cents: -1100 });
  expect(await statement('debtor')).toEqual([
    ['credit_note', -1100, -1100],
    ['payment', -4400, 0],
    ['credit_note', -1100, 4400],
    ['invoice', 5500, 5500],
  ]);
  at.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
});

it('a voided invoice leaves the balance as it was before it, and both entries on the statement', async () => {
  const { invoice_id } = await invoiced('voided');
  granted(await at.ask(invoicing.voidInvoice, { invoice_id, reason: 'wrong address' }));
  expect(await account('voided')).toMatchObject({ outstanding_cents: 0, balance_cents: 0, invoices: 0 });
  expect(await statement('voided')).toEqual([
    ['void', -5500, 0],
    ['invoice', 5500, 5500],
  ]);
});

it('a statement is read page by page without a gap or a repetition', async () => {
  const whole = granted(await at.ask(invoicing.getStatement, { tenant_id: 'debtor' })).items;
  const read: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const input = { tenant_id: 'debtor', limit: 1, ...(cursor === undefined ? {} : { cursor }) };
    const page = granted(await at.ask(invoicing.getStatement, input));
    read.push(...page.items);
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  expect(read).toEqual(whole);
  expect(whole.length).toBe(4);
});

it('tenants are listed by id, found by a part of their name, and by what is overdue', async () => {
  granted(await at.ask(invoicing.putBillingProfile, { tenant_id: 'voided', name: 'Wattle Pty Ltd' }));
  const ids = async (input: object) =>
    granted(await at.ask(invoicing.listTenants, input)).items.map(({ tenant_id }) => tenant_id);
  expect(await ids({})).toEqual(['debtor', 'voided']);
  expect(await ids({ q: 'WATTLE' })).toEqual(['voided']);
  expect(await ids({ is_overdue: 'true' })).toEqual([]);
  const first = granted(await at.ask(invoicing.listTenants, { limit: 1 }));
  expect(first.items.map(({ tenant_id }) => tenant_id)).toEqual(['debtor']);
  expect(await ids({ cursor: first.next_cursor ?? '' })).toEqual(['voided']);
});

it('a tenant reads its own account; of another it learns nothing', async () => {
  const own = tenantActor('debtor');
  expect(granted(await at.ask(invoicing.getTenant, { tenant_id: 'debtor' }, own)).name).toBe('debtor');
  for (const tenant_id of ['voided', 'no-such-tenant']) {
    for (const contract of [invoicing.getTenant, invoicing.getStatement]) {
      const refused = await at.ask(contract, { tenant_id }, own);
      expect(isRefusal(refused) && [refused.refused, refused.detail]).toEqual([
        'not-found',
        `There is no tenant ${tenant_id}.`,
      ]);
    }
  }
  const unknown = await at.ask(invoicing.getTenant, { tenant_id: 'no-such-tenant' });
  expect(isRefusal(unknown) && unknown.refused).toBe('not-found');
});

it('an invoice is found by its number, whatever the case', async () => {
  const { number } = granted(await at.ask(invoicing.listInvoices, { tenant_id: 'debtor' })).items[0] ?? {
    number: null,
  };
  const found = granted(await at.ask(invoicing.listInvoices, { number: (number ?? '').toLowerCase() }));
  expect(found.items.map(({ tenant_id }) => tenant_id)).toEqual(['debtor']);
  expect(granted(await at.ask(invoicing.listInvoices, { number: 'INV-999999' })).items).toEqual([]);
  const foreign = await at.ask(invoicing.listInvoices, { number: number ?? '' }, tenantActor('voided'));
  expect(granted(foreign).items).toEqual([]);
});

it('a tenant is created once with its billing, is listed without a deployment, and is published', async () => {
  const given = { tenant_id: 'founder', name: 'Founder Pty Ltd', currency: 'NZD', address: ['1 High St'] };
  expect(granted(await at.ask(invoicing.createTenant, given))).toMatchObject({ ...given, payment_terms_days: 14 });
  expect(await at.ask(invoicing.createTenant, given)).toMatchObject({ refused: 'already-exists' });
  const { input } = invoicing.createTenant;
  const taken = ['founder ', ' founder', 'two words'].map(
    (tenant_id) => input.safeParse({ ...given, tenant_id }).success,
  );
  expect(taken).toEqual([false, false, true]);
  expect(await at.ask(invoicing.getTenant, { tenant_id: 'founder' })).toMatchObject({
    name: given.name,
    currency: 'NZD',
  });
  await at.deploy('owned', 'owner of a deployment');
  await at.deploy('owned', 'owner of a deployment', { revision: 2 });
  const published = (await at.publishedEvents(invoicing.tenantCreated)).map(({ data }) => data);
  expect(published.filter(({ tenant_id }) => tenant_id === 'founder')).toEqual([
    { tenant_id: 'founder', name: given.name },
  ]);
  expect(published.filter(({ tenant_id }) => tenant_id.startsWith('owner'))).toHaveLength(1);
});

it('a tenant that does not exist is refused by each command that names it, with the ids near it', async () => {
  await at.createTenants('wattle', 'wattle2', 'Ωmega', 'a');
  const line = { description: 'x', unit_price_cents: '1' };
  const plan = { plan_code: 'for_few', base_price_cents: 1, offered_to: ['wattle', 'watle'] };
  const wrong = { refused: 'unknown-tenant', tenant_id: 'watle', near: ['wattle', 'wattle2'] };
  const unknown = { ...wrong, detail: expect.stringContaining('Near it: wattle, wattle2.') };
  expect(await at.ask(invoicing.addManualLine, { ...line, tenant_id: 'watle' })).toMatchObject(unknown);
  expect(await at.ask(invoicing.createQuote, { plan_code: 'studio', tenant_id: 'watle' })).toMatchObject(unknown);
  expect(await at.ask(invoicing.createPlan, { ...plan, name: 'Few' })).toMatchObject(unknown);
  expect(await at.ask(invoicing.putPlan, plan)).toMatchObject(unknown);
  expect(await at.ask(invoicing.putBillingProfile, { tenant_id: 'watle' })).toMatchObject({
    refused: 'not-found',
    near: ['wattle', 'wattle2'],
  });
  expect(await at.ask(invoicing.getTenant, { tenant_id: 'ωmeg' })).toMatchObject({ near: ['Ωmega'] });
  expect(await at.ask(invoicing.getTenant, { tenant_id: 'wattle-far-away' })).toMatchObject({ near: [] });
  // A tenant is not shown which others there are.
  const foreign = await at.ask(invoicing.getTenant, { tenant_id: 'watle' }, tenantActor('watle'));
  expect(foreign).toEqual({ refused: 'not-found', detail: 'There is no tenant watle.' });
});

it('each change of a billing profile is published with its revision; an address counts once, whatever its case', async () => {
  const tenant_id = 'mailed';
  granted(await at.ask(invoicing.createTenant, { tenant_id, name: 'Mailed', email_recipients: ['a@mailed.example'] }));
  const given = {
    language: 'de' as const,
    email_recipients: ['A@mailed.example', 'a@mailed.example', 'b@mailed.example'],
  };
  granted(await at.ask(invoicing.putBillingProfile, { tenant_id, ...given }));
  granted(await at.ask(invoicing.putBillingProfile, { tenant_id, name: 'Mailed Ltd' }));
  const published = (await publishedEvents(at.database, invoicing.billingProfileChanged))
    .map(({ data }) => data)
    .filter((data) => data.tenant_id === tenant_id);
  expect(published).toMatchObject([
    { revision: 1, language: 'en', email_recipients: ['a@mailed.example'] },
    { revision: 2, language: 'de', email_recipients: ['A@mailed.example', 'b@mailed.example'] },
    { revision: 3, language: 'de', email_recipients: ['A@mailed.example', 'b@mailed.example'], name: 'Mailed Ltd' },
  ]);
  expect(granted(await at.ask(invoicing.getBillingProfile, { tenant_id }))).toMatchObject({ language: 'de' });
});

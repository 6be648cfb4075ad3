import { invoicing, isRefusal, metering, nameUuid } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, fact, granted, stage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
let at: Stage;
beforeAll(async () => {
  at = await stage();
  const items = [{ kind: 'api_calls', included_qty: '100', overage_price_cents: '10' }];
  granted(
    await at.ask(invoicing.createPlan, { plan_code: 'api', name: 'Api', base_price_cents: 1000, items, publish: true }),
  );
});
afterAll(() => at[Symbol.asyncDispose]());

let year = 2026;
/** Each story has a tenant and an April of its own: 10.00 and 20 calls too many, 2.00, invoiced. */
const begin = async (name: string) => {
  year += 1;
  const period = `${year}-04`;
  const calls = (qty: string, fields: Parameters<typeof fact>[4] = {}) =>
    fact(name, name, `${period}-10`, [{ kind: 'api_calls', qty }], fields);
  await at.deploy(name, name);
  await at.subscribe(name, 'api', { starts_at: `${period}-01T00:00:00Z`, ends_at: `${year}-05-01T00:00:00Z` });
  const used = calls('120');
  await at.hear(used);
  await at.close(closeOf(period, [used]));
  const invoice = await at.invoice(name, period);
  const differences = async () => (await at.prove(period))[name] ?? [];
  return { period, invoice, calls, differences };
};

/** As `invoice.issued` says it. */
const publishedOf = async (invoiceId: string) => {
  const found = (await at.publishedEvents(invoicing.invoiceIssued)).find(({ data }) => data.invoice_id === invoiceId);
  if (found === undefined) throw new Error(`${invoiceId} was not issued`);
  return found.data;
};

describe('a proof', () => {
  it('derives the invoice from the streams and finds what was charged', async () => {
    const { period, invoice } = await begin('honest');
    expect(invoice.total_cents).toBe(1320);
    const { proof_id } = granted(await at.ask(invoicing.startProof, { period }));
    await at.running.settled();
    expect(granted(await at.ask(invoicing.getProof, { proof_id }))).toMatchObject({
      status: 'proved',
      tenants: 1,
      differing: 0,
      asked_by: 'op',
    });
    const [own] = granted(await at.ask(invoicing.listInvoiceProofs, { proof_id })).items;
    expect(own).toMatchObject({ facts: 1, lines: 3, lines_as_said: 0, total_cents: 1320, derived_total_cents: 1320 });
    expect(granted(await at.ask(invoicing.listProofs, { period })).items).toHaveLength(1);
  });

  it('tells of an invoice that does not follow from its usage and terms', async () => {
    const { invoice, differences } = await begin('overcharged');
    const said = await publishedOf(invoice.invoice_id);
    const lines = said.lines.map((line) => (line.kind === 'overage' ? { ...line, amount_cents: 300 } : line));
    const forged = { ...said, invoice_id: nameUuid('forged'), subtotal_cents: 1300, total_cents: 1420, lines };
    await publishEvent(at.nats, invoicing.invoiceIssued, forged);
    expect(await differences()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Line 2 is "Overage .*", 20, for 300; the streams make it ".*", 20, for 200\.$/),
        'Its subtotal_cents is 1300; the streams make it 1200.',
        `Invoice ${said.number} was said and is not kept.`,
      ]),
    );
  });

  it('tells of an invoice that is kept otherwise than it was said', async () => {
    const { invoice, differences } = await begin('altered');
    const { invoice_id, number } = invoice;
    const { db } = at.running.context;
    await db.transaction().execute(async (trx) => {
      await sql`ALTER TABLE tenant_invoice_lines DISABLE TRIGGER USER`.execute(trx);
      await sql`UPDATE tenant_invoice_lines SET description = 'Something else' WHERE invoice_id = ${invoice_id} AND position = 1`.execute(
        trx,
      );
      await sql`ALTER TABLE tenant_invoice_lines ENABLE TRIGGER USER`.execute(trx);
    });
    expect(await differences()).toEqual([`Invoice ${number} is kept otherwise than it was said.`]);
  });

  it('tells of usage that is not what the close counted', async () => {
    const { calls, differences } = await begin('inflated');
    const more = calls('500', { revision: 2 });
    await publishEvent(at.nats, metering.usageAccrued, more);
    const found = await differences();
    expect(found[0]).toBe('The stream holds 1 facts that are not the 1 the manifest of the close names.');
    expect(found[1]).toMatch(/^Line 2 is .* for 200; the streams make it .* for 4000\.$/);
    await publishEvent(at.nats, metering.usageAccrued, calls('120', { revision: 3, hash: more.hash }));
    expect((await differences())[0]).toMatch(/^The usage of .* is not what its hash names\.$/);
  });

  it('tells of a tenant who should have been invoiced', async () => {
    const { invoice, differences } = await begin('forgotten');
    granted(await at.ask(invoicing.voidInvoice, { invoice_id: invoice.invoice_id, reason: 'by mistake' }));
    expect(await differences()).toEqual(['No invoice stands, and the streams make one of 1320 minor units.']);
  });

  it('is for operators, of closed periods, and every unknown one is a refusal', async () => {
    const open = await at.ask(invoicing.startProof, { period: '2026-07' });
    expect(isRefusal(open) && open.refused).toBe('period-not-closed');
    const none = await at.ask(invoicing.getProof, { proof_id: nameUuid('none') });
    expect(isRefusal(none) && none.refused).toBe('not-found');
    const tenant = await at.ask(invoicing.startProof, { period: '2026-04' }, tenantActor('honest'));
    expect(isRefusal(tenant) && tenant.refused).toBe('forbidden');
  });
});

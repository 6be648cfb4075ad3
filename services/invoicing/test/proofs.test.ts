import { invoicing, isRefusal, metering, nameUuid } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, fact, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
beforeAll(async () => {
  at = await openStage();
  const items = [{ kind: 'load_balancer_hours', included_qty: '100', overage_price_cents: '10' }];
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
    fact(name, name, `${period}-10`, [{ kind: 'load_balancer_hours', qty }], fields);
  await at.deploy(name, name);
  await at.subscribe(name, 'api', { starts_at: `${period}-01T00:00:00Z`, ends_at: `${year}-05-01T00:00:00Z` });
  const used = calls('120');
  await at.receive(used);
  await at.close(closeOf(period, [used]));
  const invoice = await at.invoice(name, period);
  const differences = async () => (await at.prove(period))[name] ?? [];
  return { period, invoice, calls, differences };
};

/** The invoice as `invoice.issued` publishes it. */
const publishedOf = async (invoiceId: string) => {
  const found = (await at.publishedEvents(invoicing.invoiceIssued)).find(({ data }) => data.invoice_id === invoiceId);
  if (found === undefined) throw new Error(`${invoiceId} was not issued`);
  return found.data;
};

describe('invoicing: a proof', () => {
  it('a proof derives the invoice from the streams and finds the charged amounts', async () => {
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
    const published = (await at.publishedEvents(invoicing.proofChanged)).filter(
      ({ data }) => data.proof_id === proof_id,
    );
    expect(published.map(({ data }) => [data.status, data.tenants, data.completed_at === null])).toEqual([
      ['running', 0, true],
      ['proved', 1, false],
    ]);
  });

  it('a proof reports an invoice that does not follow from its usage and terms', async () => {
    const { invoice, differences } = await begin('overcharged');
    const published = await publishedOf(invoice.invoice_id);
    const lines = published.lines.map((line) => (line.kind === 'overage' ? { ...line, amount_cents: 300 } : line));
    const forged = { ...published, invoice_id: nameUuid('forged'), subtotal_cents: 1300, total_cents: 1420, lines };
    await publishEvent(at.nats, invoicing.invoiceIssued, forged);
    expect(await differences()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Line 2 is "Overage .*", 20, for 300; the streams give ".*", 20, for 200\.$/),
        'Its subtotal_cents is 1300; the streams give 1200.',
        `Invoice ${published.number} was published and is missing from the tables.`,
      ]),
    );
  });

  it('a proof with a difference in every line of a long invoice shows the first and their number', async () => {
    const { invoice, differences } = await begin('lengthy');
    const published = await publishedOf(invoice.invoice_id);
    const lines = Array.from({ length: 3_000 }, (_, index) => ({
      ...(published.lines[0] as (typeof published.lines)[number]),
      line_id: nameUuid('forged', String(index)),
    }));
    await publishEvent(at.nats, invoicing.invoiceIssued, { ...published, invoice_id: nameUuid('long'), lines });
    const shown = await differences();
    expect(shown).toHaveLength(200);
    const [proof] = granted(await at.ask(invoicing.listProofs, { period: invoice.period })).items;
    const { items } = granted(await at.ask(invoicing.listInvoiceProofs, { proof_id: proof?.proof_id ?? '' }));
    expect(items.find(({ tenant_id }) => tenant_id === invoice.tenant_id)?.difference_count).toBeGreaterThan(2_900);
  });

  it('a proof reports an invoice that differs between the tables and its event', async () => {
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
    expect(await differences()).toEqual([
      `Invoice ${number} differs between the tables and the event that published it.`,
    ]);
  });

  it('an invoice issued while the clock runs is proved, also one stored a microsecond later than published', async () => {
    at.clock.run();
    const { invoice, differences } = await begin('running');
    expect(await differences()).toEqual([]);
    const later = async (interval: string) => {
      await at.running.context.db.transaction().execute(async (trx) => {
        await sql`ALTER TABLE tenant_invoices DISABLE TRIGGER USER`.execute(trx);
        await sql`UPDATE tenant_invoices SET issued_at = issued_at + ${interval}::interval
          WHERE invoice_id = ${invoice.invoice_id}`.execute(trx);
        await sql`ALTER TABLE tenant_invoices ENABLE TRIGGER USER`.execute(trx);
      });
      return differences();
    };
    expect(await later('1 microsecond')).toEqual([]);
    expect(await later('1 microsecond')).toEqual([
      `Invoice ${invoice.number} differs between the tables and the event that published it.`,
    ]);
  });

  it('a proof reports usage that differs from the facts the close counted', async () => {
    const { calls, differences } = await begin('inflated');
    const more = calls('500', { revision: 2 });
    await publishEvent(at.nats, metering.usageAccrued, more);
    const found = await differences();
    expect(found[0]).toBe('The stream holds 1 facts, which are not the 1 facts in the manifest of the close.');
    expect(found[1]).toMatch(/^Line 2 is .* for 200; the streams give .* for 4000\.$/);
    await publishEvent(at.nats, metering.usageAccrued, calls('120', { revision: 3, hash: more.hash }));
    expect((await differences())[0]).toMatch(/^The usage of .* does not match its hash\.$/);
  });

  it('a proof reports a tenant that should have been invoiced', async () => {
    const { invoice, differences } = await begin('forgotten');
    granted(await at.ask(invoicing.voidInvoice, { invoice_id: invoice.invoice_id, reason: 'by mistake' }));
    expect(await differences()).toEqual(['There is no invoice, but the streams give one of 1320 minor units.']);
  });

  it('a proof is for operators and closed periods, and an unknown one is refused', async () => {
    const open = await at.ask(invoicing.startProof, { period: '2026-07' });
    expect(isRefusal(open) && open.refused).toBe('period-not-closed');
    const none = await at.ask(invoicing.getProof, { proof_id: nameUuid('none') });
    expect(isRefusal(none) && none.refused).toBe('not-found');
    const tenant = await at.ask(invoicing.startProof, { period: '2026-04' }, tenantActor('honest'));
    expect(isRefusal(tenant) && tenant.refused).toBe('forbidden');
  });

  it('a proof checks the sums, the tax and the invoice of credit notes, and the tables against the stream', async () => {
    const { invoice, period, differences } = await begin('credited');
    const { invoice_id } = invoice;
    const [line] = invoice.lines;
    const lines = [{ line_id: line?.line_id ?? '', amount_cents: 105 }];
    for (const reason of ['an outage', 'another one'])
      granted(await at.ask(invoicing.creditInvoice, { invoice_id, reason, lines }));
    expect(await differences()).toEqual([]);
    const notes = (await at.publishedEvents(invoicing.creditNoteIssued)).map(({ data }) => data);
    const [first] = notes.filter((note) => note.invoice_id === invoice_id);
    if (first === undefined) throw new Error('no credit note was published');
    const forged = { ...first, credit_note_id: nameUuid('forged note'), number: 'CN-9', total_cents: 5000 };
    await publishEvent(at.nats, invoicing.creditNoteIssued, [
      forged,
      { ...forged, credit_note_id: nameUuid('elsewhere'), number: 'CN-8', invoice_id: nameUuid('elsewhere') },
      { ...forged, credit_note_id: nameUuid('too much'), number: 'CN-7', net_cents: 1200 },
    ]);
    await at.running.context.db.transaction().execute(async (trx) => {
      await sql`ALTER TABLE credit_note_lines DISABLE TRIGGER USER`.execute(trx);
      await sql`UPDATE credit_note_lines SET amount_cents = amount_cents + 1 WHERE credit_note_id = ${first.credit_note_id}`.execute(
        trx,
      );
      await sql`ALTER TABLE credit_note_lines ENABLE TRIGGER USER`.execute(trx);
    });
    const found = await differences();
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Credit note CN-9: Its total_cents is 5000; its lines give 11\d\.$/),
        expect.stringContaining(
          `CN-8: It credits the invoice ${nameUuid('elsewhere')}, which was not issued for ${period}.`,
        ),
        'Credit note CN-7: Its lines add up to 105, and its net_cents is 1200.',
        expect.stringMatching(
          /^Credit note CN-7: It together with those before it credits 1515, more than the 1200 of invoice /,
        ),
        `Credit note ${first.number} differs between the tables and the event that published it.`,
        'Credit note CN-9 was published and is missing from the tables.',
      ]),
    );
  });
});

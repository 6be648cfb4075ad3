import { billingIngest, type EventData, invoicing, isRefusal, nameUuid } from '@arcadia/contracts';
import { sendStreamRequest } from '@arcadia/platform';
import { publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, deploymentId, fact, granted, openStage, operator, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

beforeAll(async () => {
  at = await openStage('2026-05-01T03:00:00Z', {
    INVOICE_SUPPLIER_NAME: 'Arcadia Hosting Pty Ltd',
    INVOICE_SUPPLIER_ABN: '11 222 333 444',
    INVOICE_PDF_QUEUE: '2',
  });
  await at.ask(invoicing.createTenant, {
    tenant_id: 'acme',
    name: 'Ačme & Söhne',
    address: ['1 High St', 'Sydney'],
    registration_number: '99 888 777 666',
    country: 'NZ',
    buyer_reference: 'PO 4711',
  });
  await at.deploy('shop', 'acme');
  await at.subscribe('shop', 'studio');
  const facts = [fact('shop', 'acme', '2026-04-05', [{ kind: 'bandwidth_gb', qty: '2500' }])];
  await at.receive(...facts);
  granted(
    await at.ask(invoicing.addManualLine, {
      tenant_id: 'acme',
      description: '=HYPERLINK("x")',
      unit_price_cents: '-150',
      period: '2026-04',
    }),
  );
  await at.close(closeOf('2026-04', facts));
});
afterAll(() => at[Symbol.asyncDispose]());

const download = async (
  contract: Parameters<typeof sendStreamRequest>[1],
  input: object,
  actor = operator,
): Promise<Buffer> => {
  const answer = await sendStreamRequest(at.running.bus, contract, input, { actor, deadlineMs: 60_000 });
  if (isRefusal(answer)) throw new Error(answer.refused);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
};

describe('invoicing: documents of an invoice', () => {
  it('an issued invoice as PDF is the same bytes every time, also after its tenant has moved and its deployment was renamed', async () => {
    const { invoice_id } = await at.invoice('acme');
    const first = await download(invoicing.getInvoicePdf, { invoice_id });
    await at.ask(invoicing.putBillingProfile, {
      tenant_id: 'acme',
      name: 'Another',
      address: [],
      buyer_reference: null,
    });
    await at.deploy('shop', 'acme', { display_name: 'Renamed', revision: 2 });
    const second = await download(invoicing.getInvoicePdf, { invoice_id }, tenantActor('acme'));
    expect(first.subarray(0, 5).toString()).toBe('%PDF-');
    expect(first.length).toBeGreaterThan(5000);
    expect(second.equals(first)).toBe(true);
    await expect(download(invoicing.getInvoicePdf, { invoice_id }, tenantActor('globex'))).rejects.toThrow('not-found');
  });

  it('an invoice as CSV holds no formulas, and its numbers stay numbers', async () => {
    const { invoice_id } = await at.invoice('acme');
    const rows = (await download(invoicing.getInvoiceCsv, { invoice_id })).toString().trimEnd().split('\r\n');
    expect(rows[0]).toBe(
      'number,period,tenant_id,tenant_name,line_id,kind,deployment_id,deployment_name,resource_kind,resource_kind_name,description,text,qty,unit,unit_price_cents,amount,currency,tax_name,tax_rate,tax_amount',
    );
    const manual = rows.find((row) => row.includes(',manual,'));
    expect(manual).toContain(`"'=HYPERLINK(""x"")"`);
    expect(manual).toContain(',1,piece,-150,-1.50,AUD,GST,0.1,-0.15');
    const overage = rows.filter((row) => row.includes('Overage bandwidth_gb'));
    expect(overage).toHaveLength(1);
    expect(overage[0]).toContain(`acme,Ačme & Söhne,`);
    expect(overage[0]).toContain(`${deploymentId('shop')},shop,bandwidth_gb,Data transfer,`);
    expect(overage[0]).toContain('"Data transfer above the 2,000 GB included",500,GB,2,10.00,AUD,GST,0.1,1.00');
    // The tax of each line, together that of the invoice; the line of the tax itself has none.
    expect(rows.filter((row) => row.includes(',tax,')).map((row) => row.slice(-7))).toEqual([',AUD,,,']);
  });

  it('while as many PDFs wait as may wait, a further one is refused as busy, and the others are answered', async () => {
    const { invoice_id } = await at.invoice('acme');
    const all = await Promise.allSettled(
      Array.from({ length: 12 }, () => download(invoicing.getInvoicePdf, { invoice_id })),
    );
    const busy = all.filter((one) => one.status === 'rejected').map(({ reason }) => String(reason));
    expect(busy.length).toBeGreaterThan(0);
    expect(new Set(busy)).toEqual(new Set(['ServiceUnavailable: invoicing is not available: 2 PDFs wait to be drawn']));
    expect(new Set(all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.toString('hex')] : []))).size).toBe(1);
  });
});

type Ingested = EventData<typeof billingIngest.invoiceIngested>;

const bill = (fields: Partial<Ingested>): Ingested => {
  const line = (
    line_no: number,
    kind: string,
    amount_cents: number,
    allocations: Ingested['lines'][number]['allocations'],
    is_tax = false,
  ): Ingested['lines'][number] => ({
    line_no,
    product: kind,
    kind,
    description: kind,
    group_description: '',
    project_name: '',
    hours: null,
    start_at: null,
    end_at: null,
    amount_cents,
    is_tax,
    resource_id: null,
    unmatched_reason: null,
    allocations,
  });
  const to = (target: 'deployment' | 'operator', amount_cents: number) => ({
    target,
    tenant_id: target === 'deployment' ? 'acme' : null,
    deployment_id: target === 'deployment' ? deploymentId('shop') : null,
    amount_cents,
    rule: null,
  });
  return {
    provider: 'digitalocean',
    period: '2026-04',
    invoice_uuid: nameUuid('provider-invoice'),
    invoice_number: null,
    revision: 1,
    part: 1,
    parts: 1,
    status: 'reconciled',
    currency: 'USD',
    amount_net_minor: 3000,
    amount_tax_minor: 300,
    amount_gross_minor: 3300,
    fx: { to: 'AUD', rate: '1.5' },
    lines: [
      line(1, 'droplet', 2001, [to('deployment', 1001), to('operator', 1000)]),
      line(2, 'account', 999, []),
      line(3, 'tax', 300, [], true),
    ],
    ingested_at: '2026-05-02T00:00:00Z',
    ...fields,
  };
};

describe('invoicing: the margin of a month', () => {
  it('the margin of a month without a provider invoice is unknown and names the missing bill', async () => {
    const margin = granted(await at.ask(invoicing.getMargin, { period: '2026-04' }));
    const unknown = { cost_cents: null, margin_cents: null, cost_provider_cents: null };
    expect(margin).toMatchObject({ missing_bills: ['2026-04'], totals: { revenue_cents: 5850, ...unknown } });
    expect(margin.items).toMatchObject([{ tenant_id: 'acme', revenue_cents: 5850, margin_percent: null, ...unknown }]);
    const [, row] = (await download(invoicing.getMarginCsv, { period: '2026-04' })).toString().split('\r\n');
    expect(row).toBe('2026-04,customer,acme,,,,AUD,58.50,,,,USD,,true');
  });

  it('the margin of a range that ends before it begins is refused', async () => {
    const range = { from: '2026-04', to: '2026-02' };
    expect(await at.ask(invoicing.getMargin, range)).toMatchObject({ refused: 'invalid-range' });
    await expect(download(invoicing.getMarginCsv, range)).rejects.toThrow('invalid-range');
  });

  it('margin is revenue less cost without tax, and its costs are the whole bill to the cent', async () => {
    await publishEvent(at.nats, billingIngest.invoiceIngested, bill({ revision: 2 }));
    await publishEvent(at.nats, billingIngest.invoiceIngested, bill({ lines: [] }));
    await at.running.settled();
    const margin = granted(await at.ask(invoicing.getMargin, { period: '2026-04' }));
    expect(
      margin.items.map(({ target, tenant_id, revenue_cents, cost_cents, margin_cents, cost_provider_cents }) => [
        target,
        tenant_id,
        revenue_cents,
        cost_cents,
        margin_cents,
        cost_provider_cents,
      ]),
    ).toEqual([
      ['operator', null, 0, 1500, -1500, 1000],
      ['unallocated', null, 0, 1498, -1498, 999],
      ['provider_tax', null, 0, 450, -450, 300],
      // 50.00, 500 GB over at 2 c, less 1.50.
      ['customer', 'acme', 5850, 1502, 4348, 1001],
    ]);
    expect([margin.totals.cost_provider_cents, margin.totals.cost_cents]).toEqual([3300, 4950]);
    expect(margin.missing_bills).toEqual([]);
  });

  it('a range with a missing bill has a total of revenue alone', async () => {
    const margin = granted(await at.ask(invoicing.getMargin, { from: '2026-04', to: '2026-05' }));
    expect(margin.missing_bills).toEqual(['2026-05']);
    expect(margin.totals).toMatchObject({ revenue_cents: 5850, cost_cents: null, margin_cents: null });
    expect(margin.items.at(-1)).toMatchObject({ tenant_id: 'acme', margin_cents: 4348 });
  });

  it('margin by kind names usage kinds, margin by plan names plans', async () => {
    const kinds = granted(await at.ask(invoicing.getMargin, { period: '2026-04', group_by: 'kind' })).items.filter(
      ({ target }) => target === 'customer',
    );
    expect(kinds.map(({ kind, revenue_cents, cost_cents }) => [kind, revenue_cents, cost_cents])).toEqual([
      ['droplet_hours', 0, 1502],
      ['manual', -150, 0],
      ['bandwidth_gb', 1000, 0],
      ['base', 5000, 0],
    ]);
    const plans = granted(await at.ask(invoicing.getMargin, { period: '2026-04', group_by: 'plan' })).items.filter(
      ({ target }) => target === 'customer',
    );
    expect(plans.map(({ plan_code, revenue_cents, cost_cents }) => [plan_code, revenue_cents, cost_cents])).toEqual([
      [null, -150, 0],
      ['studio', 6000, 1502],
    ]);
  });

  it('a provider invoice in parts counts once all parts have arrived, in any order, and replaces the former one', async () => {
    const uuid = nameUuid('long-provider-invoice');
    const part = (fields: Partial<Ingested>) => bill({ invoice_uuid: uuid, period: '2026-02', parts: 2, ...fields });
    const [first, second, third] = bill({}).lines;
    if (first === undefined || second === undefined || third === undefined) throw new Error('a bill has three lines');
    const costs = async () => {
      await at.running.settled();
      const { totals } = granted(await at.ask(invoicing.getMargin, { period: '2026-02' }));
      return totals.cost_provider_cents;
    };
    await publishEvent(at.nats, billingIngest.invoiceIngested, part({ part: 2, lines: [third] }));
    expect(await costs()).toBe(null);
    await publishEvent(at.nats, billingIngest.invoiceIngested, part({ part: 1, lines: [first, second] }));
    expect(await costs()).toBe(3300);
    await publishEvent(at.nats, billingIngest.invoiceIngested, part({ revision: 3, part: 1, lines: [first] }));
    await publishEvent(
      at.nats,
      billingIngest.invoiceIngested,
      part({ revision: 2, part: 1, parts: 1, lines: [second] }),
    );
    expect(await costs()).toBe(999);
    await publishEvent(at.nats, billingIngest.invoiceIngested, part({ revision: 1, part: 1, lines: [first, second] }));
    await publishEvent(at.nats, billingIngest.invoiceIngested, part({ revision: 3, part: 2, lines: [] }));
    expect(await costs()).toBe(2001);
  });

  it('what an unreconciled provider invoice has beyond its lines is a cost of its own, until the invoice is accepted', async () => {
    const differing = { invoice_uuid: nameUuid('differing'), period: '2026-01' } as const;
    await publishEvent(
      at.nats,
      billingIngest.invoiceIngested,
      bill({ ...differing, status: 'unreconciled', difference_minor: -3000 }),
    );
    await at.running.settled();
    const margin = async () => {
      const { items, totals } = granted(await at.ask(invoicing.getMargin, { period: '2026-01', group_by: 'kind' }));
      return [items.find(({ target }) => target === 'bill_difference'), totals.cost_provider_cents] as const;
    };
    const [row, cost] = await margin();
    expect(row).toMatchObject({
      tenant_id: null,
      kind: 'bill_difference',
      cost_provider_cents: -3000,
      cost_cents: -4500,
    });
    expect(cost).toBe(300);
    await publishEvent(at.nats, billingIngest.invoiceIngested, bill({ ...differing, revision: 2, status: 'accepted' }));
    await at.running.settled();
    expect(await margin()).toEqual([undefined, 3300]);
  });

  it('costs without a pinned rate are given in the currency of the bill alone', async () => {
    await publishEvent(at.nats, billingIngest.invoiceIngested, bill({ revision: 3, fx: null }));
    await at.running.settled();
    const margin = granted(await at.ask(invoicing.getMargin, { period: '2026-04' }));
    expect([margin.totals.cost_cents, margin.totals.cost_provider_cents]).toEqual([null, 3300]);
    const csv = (await download(invoicing.getMarginCsv, { period: '2026-04' })).toString();
    expect(csv.split('\r\n')[0]).toBe(
      'period,target,tenant_id,deployment_id,kind,plan_code,currency,revenue,cost,margin,margin_percent,provider_currency,provider_cost,is_bill_missing',
    );
  });
});

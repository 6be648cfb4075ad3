import { billingIngest, metering, type RequestOutput } from '@arcadia/contracts';
import { askService, publishEvent, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { accrued, deployed, observed, openStage, operatorActor, ownedBy, type Stage } from './stage.ts';

const actor = operatorActor;
type Invoice = RequestOutput<typeof billingIngest.listProviderInvoices>['items'][number];
const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** One small invoice of March: a droplet by id, another by name, support and tax. */
const march = {
  uuid: uuid(1),
  id: '1001',
  period: '2026-03',
  items: [
    { product: 'Droplets', description: 'web (s-1vcpu-1gb)', amount: '6.00', duration: '744', resource: '101' },
    { product: 'Droplets', description: 'db (s-1vcpu-1gb)', amount: '6.00', duration: '744' },
    { product: 'Premium Support', description: 'March', amount: '1.00' },
    { product: 'Taxes', description: 'GST (10%)', amount: '1.30', end_time: '2026-03-31T23:59:59Z' },
  ],
};

const worldWith = (provider: Record<string, unknown>) => ({ name: 'costs', period: '2026-04', provider });

const discover = async (stage: Stage, at = '2026-05-01T02:23:00Z') => {
  await stage.billing.runJob('discover-invoices', at);
  await stage.billing.settled();
};

const invoiceOf = async (stage: Stage, invoice_uuid = march.uuid) => {
  const answer = await askService(stage.nats, billingIngest.getProviderInvoice, { invoice_uuid }, { actor });
  if ('refused' in answer) throw new Error(answer.detail);
  return answer;
};

test('billing-ingest: an invoice ingested twice is updated in finance, never duplicated, and published once', async () => {
  await using stage = await openStage({ world: worldWith({ invoices: [march] }) });
  await discover(stage);
  expect(
    await askService(stage.nats, billingIngest.reingestInvoice, { invoice_uuid: march.uuid }, { actor }),
  ).toMatchObject({ job: 'ingest-invoice' });
  await stage.billing.settled();
  expect(stage.finance.imported()).toMatchObject([
    { imports: 2, body: { amount_gross_minor: 1430, amount_tax_minor: 130 } },
  ]);
  expect(await publishedEvents(stage.database, billingIngest.invoiceIngested)).toHaveLength(1);
  expect(await invoiceOf(stage)).toMatchObject({
    lines: 4,
    matched: 0,
    finance: { state: 'pushed', finance_invoice_id: 'FIN-000001' },
  });
});

test('billing-ingest: an invoice with header, CSV and items that differ by a cent is unreconciled and held back from finance', async () => {
  const csv =
    'product,group_description,description,hours,start,end,USD,project_name\nDroplets,,web (s-1),744,,,$14.31,ops\n';
  await using stage = await openStage({ world: worldWith({ invoices: [{ ...march, amount: '14.30', csv }] }) });
  await discover(stage);
  expect(await invoiceOf(stage)).toMatchObject({
    status: 'unreconciled',
    totals: { header_minor: 1430, csv_minor: 1431, items_minor: 1430 },
    difference_minor: 1,
    finance: { state: 'held' },
  });
  expect(stage.finance.requests()).toBe(0);
  expect((await publishedEvents(stage.database, billingIngest.invoiceIngested))[0]?.data.status).toBe('unreconciled');
});

test('billing-ingest: an unreadable CSV is rejected as a whole and kept as evidence, and the items count', async () => {
  const csv = 'product,description,USD\nDroplets,web,$6.00\nDroplets,db,six\n';
  await using stage = await openStage({ world: worldWith({ invoices: [{ ...march, csv }] }) });
  await discover(stage);
  const invoice = await invoiceOf(stage);
  expect(invoice).toMatchObject({ status: 'unreconciled', lines: 4, totals: { csv_minor: null, items_minor: 1430 } });
  expect(invoice.faults).toEqual([{ line: 3, column: 'amount', problem: '"six" is not an amount of money' }]);
  expect(invoice.evidence).toMatchObject({ bytes: csv.length, lines: null });
});

test('billing-ingest: an invoice without items takes all its lines from the CSV, or none', async () => {
  const csv = [
    'product,group_description,description,hours,start,end,USD,project_name,category',
    'Droplets,,web (s-1vcpu-1gb),744,2026-03-01 00:00:00 +0000,2026-04-01 00:00:00 +0000,$6.00,ops,iaas',
    'Droplets,,"back\\slash, ""quoted""\ttab (s-1)",744,2026-03-01 00:00:00 +0000,2026-04-01 00:00:00 +0000,"$1,000.00",,',
    'Taxes,,GST (10%),,2026-03-01 00:00:00 +0000,2026-03-31 23:59:59 +0000,$0.60,,',
  ].join('\r\n');
  const bad = {
    uuid: uuid(2),
    period: '2026-02',
    amount: '6.00',
    items: [],
    csv: `${csv}\r\nDroplets,,x,,,,nothing,,`,
  };
  const good = { uuid: march.uuid, period: '2026-03', amount: '1006.60', items: [], csv };
  await using stage = await openStage({ world: worldWith({ invoices: [good, bad] }) });
  await stage.observe(
    observed({ kind: 'droplet', provider_id: '101', name: 'WEB', created_at: '2026-02-01T00:00:00Z' }),
  );
  await discover(stage);
  const events = await publishedEvents(stage.database, billingIngest.invoiceIngested);
  expect(events.map(({ data }) => data.period)).toEqual(['2026-03']);
  expect(
    events[0]?.data.lines.map(({ description, amount_cents, unmatched_reason }) => [
      description,
      amount_cents,
      unmatched_reason,
    ]),
  ).toEqual([
    ['web (s-1vcpu-1gb)', 600, null],
    ['back\\slash, "quoted"\ttab (s-1)', 100_000, 'destroyed_before_first_sync'],
    ['GST (10%)', 60, 'tax'],
  ]);
  expect(await invoiceOf(stage)).toMatchObject({
    status: 'unreconciled',
    totals: { header_minor: 100_660, csv_minor: 100_660, items_minor: 0 },
  });
  expect(await invoiceOf(stage, bad.uuid)).toMatchObject({
    status: 'refused',
    revision: 0,
    lines: 0,
    faults: [{ line: 5, column: 'amount' }],
  });
  const { rows } = await sql<{ lines: number }>`SELECT count(*)::int AS lines FROM cloud_cost_lines`.execute(
    stage.billing.context.db,
  );
  expect(rows).toEqual([{ lines: 3 }]);
});

test('billing-ingest: without a token nothing is fetched and nothing fails', async () => {
  await using stage = await openStage({ world: worldWith({ invoices: [march] }), env: { DIGITALOCEAN_TOKEN: '' } });
  await discover(stage);
  expect(stage.simulator.requests).toEqual([]);
});

test('billing-ingest: a line is matched when its resource is observed later, and the invoice is published again', async () => {
  await using stage = await openStage({ world: worldWith({ invoices: [march] }) });
  await discover(stage);
  expect((await invoiceOf(stage)).by_reason).toContainEqual({
    reason: 'destroyed_before_first_sync',
    lines: 2,
    amount_cents: 1200,
  });
  const owner = ownedBy('acme', '6f1c7a52-0a52-4b1e-9a57-1d2f6a0c9e01');
  const since = { created_at: '2026-02-01T00:00:00Z', effective_at: '2026-02-01T00:00:00Z' };
  await stage.observe(
    observed({ kind: 'droplet', provider_id: '101', name: 'renamed', owner, ...since }),
    observed({ kind: 'droplet', provider_id: '102', name: 'DB', owner, ...since }),
  );
  const events = await publishedEvents(stage.database, billingIngest.invoiceIngested);
  const last = events.at(-1)?.data;
  expect(
    last?.lines.map(({ kind, unmatched_reason, allocations }) => [kind, unmatched_reason, allocations[0]?.target]),
  ).toEqual([
    ['droplet', null, 'deployment'],
    ['droplet', null, 'deployment'],
    ['account', 'account_level', 'unallocated'],
    ['tax', 'tax', 'unallocated'],
  ]);
  expect(events.map(({ data }) => data.revision)).toEqual(events.map((_, index) => index + 1));
  expect(stage.finance.imported()).toMatchObject([{ imports: 1 }]);
});

test('billing-ingest: a line across a change of owner is divided by seconds, and again after a late attribution', async () => {
  await using stage = await openStage({ world: worldWith({ invoices: [march] }) });
  const first = ownedBy('acme', uuid(71));
  const second = ownedBy('globex', uuid(72));
  const droplet = { kind: 'droplet', provider_id: '101', name: 'web', created_at: '2026-02-01T00:00:00Z' };
  await stage.observe(
    observed({ ...droplet, effective_at: '2026-02-01T00:00:00Z', owner: first }),
    observed({ ...droplet, effective_at: '2026-03-16T12:00:00Z', revision: 2, owner: second }),
  );
  await discover(stage);
  const sharesOf = async () => {
    const lines = await askService(
      stage.nats,
      billingIngest.listCostLines,
      { invoice_uuid: march.uuid, kind: 'droplet' },
      { actor },
    );
    if ('refused' in lines) throw new Error(lines.detail);
    return lines.items[0]?.allocations.map(({ tenant_id, amount_cents }) => [tenant_id, amount_cents]);
  };
  expect(await sharesOf()).toEqual([
    ['acme', 300],
    ['globex', 300],
  ]);
  await stage.observe(observed({ ...droplet, effective_at: '2026-03-16T12:00:00Z', revision: 3, owner: first }));
  expect(await sharesOf()).toEqual([['acme', 600]]);
});

test('billing-ingest: account-level lines and tax are allocated by the rule of the operator, to the cent', async () => {
  await using stage = await openStage({ world: worldWith({ invoices: [march] }) });
  const since = { created_at: '2026-02-01T00:00:00Z', effective_at: '2026-02-01T00:00:00Z' };
  await stage.observe(
    observed({ kind: 'droplet', provider_id: '101', name: 'web', owner: ownedBy('acme', uuid(71)), ...since }),
    observed({ kind: 'droplet', provider_id: '102', name: 'db', owner: ownedBy('globex', uuid(72)), ...since }),
  );
  await discover(stage);
  const put = (input: Parameters<typeof askService<typeof billingIngest.putAllocationRule>>[2]) =>
    askService(stage.nats, billingIngest.putAllocationRule, input, { actor });
  expect(await put({ line_class: 'tax', from_period: '2026-03', rule: { method: 'cost' } })).toMatchObject({
    invoices: 1,
  });
  await stage.deploy(deployed('acme', uuid(71)));
  const third = { target: 'tenant' as const, fraction: '0.333333' };
  await put({
    line_class: 'support',
    from_period: '2026-01-15',
    rule: {
      method: 'fixed',
      shares: [
        { ...third, tenant_id: 'acme' },
        { target: 'operator', fraction: '0.333333' },
      ],
    },
  });
  await stage.billing.settled();
  const lines = (await publishedEvents(stage.database, billingIngest.invoiceIngested)).at(-1)?.data.lines ?? [];
  expect(lines[3]?.allocations.map(({ tenant_id, amount_cents, rule }) => [tenant_id, amount_cents, rule])).toEqual([
    ['acme', 65, 'tax:cost'],
    ['globex', 65, 'tax:cost'],
  ]);
  expect(lines[2]?.allocations.map(({ target, amount_cents }) => [target, amount_cents])).toEqual([
    ['tenant', 33],
    ['operator', 33],
    ['unallocated', 34],
  ]);
  expect(
    await put({
      line_class: 'tax',
      from_period: '2026-03',
      rule: { method: 'fixed', shares: [{ target: 'tenant', fraction: '0.5' }] },
    }),
  ).toMatchObject({
    refused: 'share-without-target',
  });
  expect(
    await put({
      line_class: 'tax',
      from_period: '2026-03',
      rule: { method: 'fixed', shares: [{ target: 'operator', fraction: '1.1' }] },
    }),
  ).toMatchObject({ refused: 'shares-exceed-one' });
});

test('billing-ingest: a rule that names an unknown deployment, a deployment of another tenant or an unmetered kind is refused', async () => {
  await using stage = await openStage({ world: worldWith({}) });
  await stage.deploy(deployed('acme', uuid(71)), deployed('globex', uuid(72)));
  type Rule = Parameters<typeof askService<typeof billingIngest.putAllocationRule>>[2]['rule'];
  const put = (rule: Rule) =>
    askService(
      stage.nats,
      billingIngest.putAllocationRule,
      { line_class: 'other', from_period: '2026-04', rule },
      { actor },
    );
  const given = (tenant_id: string, deployment_id: string | null) => {
    const target = deployment_id === null ? ('tenant' as const) : ('deployment' as const);
    const operator = { target: 'operator' as const, fraction: '0.5' };
    return put({ method: 'fixed', shares: [operator, { target, tenant_id, deployment_id, fraction: '0.5' }] });
  };
  expect(await given('globex', uuid(71))).toEqual({
    refused: 'tenant-mismatch',
    detail: `Share 2 of 2 names deployment ${uuid(71)} of tenant globex, but it belongs to tenant acme; name it with that tenant.`,
  });
  expect(await given('acme', uuid(73))).toMatchObject({ refused: 'unknown-deployment' });
  expect(await given('acme', uuid(71))).not.toHaveProperty('refused');
  expect(await given('globex', null)).not.toHaveProperty('refused');

  for (const kind of ['nonsense_kind', 'constructor'])
    expect(await put({ method: 'usage', kind })).toMatchObject({ refused: 'unknown-kind' });
  expect(await put({ method: 'usage', kind: 'bandwidth_gb' })).not.toHaveProperty('refused');
  const line = { resource_id: null, kind: 'nonsense_kind', unit_seconds: '1', divisor: '1', observations: [] };
  await publishEvent(stage.nats, metering.usageAccrued, accrued({ lines: [line] }));
  await stage.billing.settled();
  expect(await put({ method: 'usage', kind: 'nonsense_kind' })).not.toHaveProperty('refused');
});

test('billing-ingest: an exchange rate is set per period and published with the invoice', async () => {
  await using stage = await openStage({ world: worldWith({ invoices: [march] }) });
  await discover(stage);
  const csv = 'period,from,to,rate,source\n2026-03,USD,AUD,1.5312,central bank\n2026-04-01,USD,AUD,1.52,\n';
  expect(await askService(stage.nats, billingIngest.putFxRates, { csv }, { actor })).toMatchObject({
    invoices: 1,
    rates: [{ rate: '1.5312' }, { period: '2026-04' }],
  });
  await stage.billing.settled();
  const events = await publishedEvents(stage.database, billingIngest.invoiceIngested);
  expect(events.map(({ data }) => data.fx)).toEqual([null, { to: 'AUD', rate: '1.5312' }]);
  for (const bad of [
    { csv: 'period,from\nx,USD\n' },
    { rates: [{ period: '2026-03', from: 'USD', to: 'AUD', rate: '0' }] },
    {},
  ]) {
    expect(await askService(stage.nats, billingIngest.putFxRates, bad, { actor })).toHaveProperty('refused');
  }
});

test('billing-ingest: an invoice that changed after it was ingested is fetched again and all its lines are replaced', async () => {
  const provider = { invoices: [march] };
  await using stage = await openStage({ world: worldWith(provider) });
  await discover(stage);
  const changed = stage.world.provider.invoices[0];
  if (changed === undefined) throw new Error('no invoice');
  changed.items = changed.items.slice(0, 2);
  changed.amount = '12.00';
  await discover(stage, '2026-05-02T02:23:00Z');
  const events = await publishedEvents(stage.database, billingIngest.invoiceIngested);
  expect(events.map(({ data }) => [data.revision, data.lines.length, data.amount_gross_minor])).toEqual([
    [1, 4, 1430],
    [2, 2, 1200],
  ]);
  expect(stage.finance.imported()).toMatchObject([{ imports: 2, body: { amount_gross_minor: 1200 } }]);
});

test('billing-ingest: a cost is in finance once, although finance failed before or after taking it', async () => {
  await using stage = await openStage({ world: worldWith({ invoices: [march] }) });
  stage.finance.fail(2, { after: true });
  await discover(stage);
  await expect.poll(() => stage.finance.requests(), { timeout: 15_000 }).toBe(3);
  await stage.billing.settled();
  expect(stage.finance.imported()).toHaveLength(1);
  expect((await invoiceOf(stage)).finance.state).toBe('pushed');
});

test('billing-ingest: without a finance system nothing is pushed and the invoice shows it', async () => {
  await using stage = await openStage({ world: worldWith({ invoices: [march] }), withFinance: false });
  await discover(stage);
  expect((await invoiceOf(stage)).finance.state).toBe('not_configured');
});

test('billing-ingest: ten years of invoices from a failing provider are each ingested once, newest first', async () => {
  const invoices = Array.from({ length: 137 }, (_, index) => {
    const period = Temporal.PlainYearMonth.from('2026-03').subtract({ months: index }).toString();
    return {
      uuid: uuid(index + 1),
      period,
      items: [{ product: 'Droplets', description: `old-${index} (s-1vcpu-1gb)`, amount: '6.00' }],
    };
  });
  const faults = [
    { kind: '429', match: { path: 'invoices/00000000-0000-4000-8000-000000000003' }, times: 1, retry_after: 0 },
    { kind: '500', match: { path: 'invoices/00000000-0000-4000-8000-000000000020' }, times: 2 },
    { kind: 'reset', match: { path: 'invoices/00000000-0000-4000-8000-000000000040/csv' }, times: 1 },
    { kind: 'truncated-json', match: { path: 'invoices/00000000-0000-4000-8000-000000000030\\?' }, times: 1 },
  ];
  await using stage = await openStage({ world: worldWith({ invoices, faults }) });
  // These are more requests than the budget of a minute, so the clock has to advance.
  const passing = setInterval(() => stage.clock.advance({ seconds: 30 }), 200);
  await stage.billing.runJob('discover-invoices', '2026-05-01T02:23:00Z');
  await stage.billing.settled(200_000);
  clearInterval(passing);
  const events = await publishedEvents(stage.database, billingIngest.invoiceIngested);
  expect(new Set(events.map(({ data }) => data.invoice_uuid)).size).toBe(137);
  expect(events).toHaveLength(137);
  expect(events[0]?.data.period).toBe('2026-03');
  const rows = await askService(stage.nats, billingIngest.listProviderInvoices, { limit: 200 }, { actor });
  expect('items' in rows ? (rows.items as Invoice[]).filter(({ status }) => status !== 'reconciled') : rows).toEqual(
    [],
  );
  const before = stage.simulator.requests.length;
  await discover(stage, '2026-05-02T02:23:00Z');
  expect(stage.simulator.requests.slice(before).filter(({ path }) => path.includes('/csv'))).toEqual([]);
}, 240_000);

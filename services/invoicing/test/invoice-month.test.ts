import { daysOf, invoicing, isRefusal, metering, provisioning } from '@arcadia/contracts';
import { eventually, publishEvent, publishRaw } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockTenant } from '../src/store/tenants/locks.ts';
import { closeOf, deploymentChange, deploymentId, fact, figures, granted, openStage, tenantActor } from './stage.ts';

const april = daysOf('2026-04');
/** Three droplets all month: 2160 hours. */
const threeDroplets = (name: string) =>
  april.map((day) =>
    fact(
      name,
      name,
      day,
      ['a', 'b', 'c'].map((resource) => ({ kind: 'droplet_hours', qty: '86400', divisor: '3600', resource })),
    ),
  );

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
beforeAll(async () => {
  at = await openStage();
});
afterAll(() => at[Symbol.asyncDispose]());

let revision = 0;
/** The next close of April, of these facts. */
const nextClose = (facts: Parameters<typeof closeOf>[1]) => {
  revision += 1;
  return closeOf('2026-04', facts, { revision });
};

/** Each story has a tenant of its own, with a deployment of the same name on Studio. */
const begin = async (name: string, fields: Parameters<Stage['subscribe']>[2] = {}) => {
  await at.deploy(name, name);
  await at.subscribe(name, 'studio', fields);
};

describe("invoicing: a tenant's month becomes an invoice", () => {
  it('a closed period is invoiced: Studio, storage_50gb and three droplets all April are 70.64', async () => {
    await begin('pilot', { addons: [{ addon_code: 'storage_50gb' }] });
    const facts = threeDroplets('pilot');
    await at.receive(...facts);
    await at.close(nextClose(facts));
    const invoice = await at.invoice('pilot');
    expect(figures(invoice)).toEqual([6422, 642, 7064]);
    expect(invoice.due_on).toBe('2026-05-15');
    const deployment = deploymentId('pilot');
    expect(
      invoice.lines.map((line) => [
        line.kind,
        line.deployment_id,
        line.resource_kind,
        line.description,
        line.qty,
        line.unit,
      ]),
    ).toEqual([
      ['plan_base', deployment, null, 'Studio', '1', 'month'],
      ['addon', deployment, 'spaces_gb_month', 'Addon: storage_50gb', '1', 'month'],
      ['overage', deployment, 'droplet_hours', 'Overage droplet_hours: 2160 used, 1488 included', '672', 'hour'],
      ['tax', null, null, 'GST 10 %', '1', 'invoice'],
    ]);
    expect(invoice.lines.map(({ unit_price_cents, amount_cents }) => [unit_price_cents, amount_cents])).toEqual([
      ['5000', 5000],
      ['750', 750],
      ['1', 672],
      ['642', 642],
    ]);
    const published = (await at.publishedEvents(invoicing.invoiceIssued)).filter(
      ({ data }) => data.tenant_id === 'pilot',
    );
    expect(published.map(({ data }) => [data.number, data.lines.length])).toEqual([[invoice.number, 4]]);
  });

  it('a month is invoiced once: running or closing it again changes nothing', async () => {
    await begin('twice');
    const facts = threeDroplets('twice');
    await at.receive(...facts);
    await at.close(nextClose(facts));
    const before = await at.invoice('twice');
    const run = granted(await at.ask(invoicing.runInvoices, { period: '2026-04' }));
    expect(run.tenants).toContain('twice');
    await at.running.settled();
    await at.close(nextClose(facts));
    expect(await at.invoices('twice')).toEqual([before]);
    const runs = granted(await at.ask(invoicing.listInvoiceRuns, { period: '2026-04', tenant_id: 'twice' })).items;
    expect(runs.map(({ status }) => status)).toEqual(['unchanged', 'unchanged']);
  });

  it('a month is invoiced only when every fact of the manifest has arrived, in any order and any number of times', async () => {
    await begin('waiter');
    const facts = threeDroplets('waiter');
    const [last, ...others] = facts.toReversed();
    if (last === undefined) throw new Error('no facts');
    await at.receive(...others, ...others);
    await publishEvent(at.nats, metering.periodClosed, nextClose(facts));
    const waiting = await eventually('the run waits', async () => {
      const [run] = granted(await at.ask(invoicing.listInvoiceRuns, { tenant_id: 'waiter' })).items;
      return run?.status === 'waiting' ? run : null;
    });
    expect(waiting.detail).toBe('29 of 30 facts have arrived');
    expect(await at.invoices('waiter')).toEqual([]);
    await publishEvent(at.nats, metering.usageAccrued, last);
    await eventually('the invoice is made', async () => (await at.invoices('waiter')).length === 1);
    expect(figures(await at.invoice('waiter'))).toEqual([5672, 567, 6239]);
    await at.running.settled();
  });

  it('a higher revision of a fact replaces the lower one, also when it comes first', async () => {
    await begin('reviser');
    const hours = (qty: string, number: number) =>
      fact('reviser', 'reviser', '2026-04-05', [{ kind: 'droplet_hours', qty }], { revision: number });
    await at.receive(hours('1588', 3));
    await at.receive(hours('9999', 1), hours('8888', 2));
    await at.close(nextClose([hours('1588', 3)]));
    expect((await at.invoice('reviser')).subtotal_cents).toBe(5100);
  });

  it('an unreadable fact becomes a dead letter and delays no invoice', async () => {
    await begin('healthy');
    const facts = threeDroplets('healthy');
    await at.receive(...facts.slice(0, 1));
    await publishRaw(at.nats, {
      subject: 'usage.accrued.2026-04.healthy.x',
      payload: '{"period":1}',
      headers: { 'ce-id': '1', 'ce-type': 'usage.accrued', 'ce-dataversion': '1', 'Nats-Msg-Id': '1' },
    });
    await at.receive(...facts.slice(1));
    await at.close(nextClose(facts));
    expect((await at.invoice('healthy')).subtotal_cents).toBe(5672);
  });

  it('fifty concurrent invoices have consecutive numbers, and two concurrent closes make one invoice per tenant', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `tenant-${String(index).padStart(2, '0')}`);
    await publishEvent(
      at.nats,
      provisioning.deploymentChanged,
      names.map((name) => deploymentChange(name, name)),
    );
    await at.running.settled();
    for (const name of names) await at.subscribe(name, 'starter');
    await publishEvent(at.nats, metering.periodClosed, [nextClose([]), nextClose([])]);
    await at.running.settled(60_000);
    const numbers = (await at.publishedEvents(invoicing.invoiceIssued)).map(({ data }) => Number(data.number.slice(4)));
    // Also those of the stories before: no number was left out, none was given twice.
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
    expect(
      (await at.publishedEvents(invoicing.invoiceIssued)).filter(({ data }) => names.includes(data.tenant_id)).length,
    ).toBe(50);
  });

  it('a tenant without a subscription gets no invoice, and its usage is listed as unbilled', async () => {
    await at.deploy('free', 'free');
    const facts = threeDroplets('free');
    await at.receive(...facts);
    await at.close(nextClose(facts));
    expect(await at.invoices('free')).toEqual([]);
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'free', period: '2026-04' }));
    expect(preview.so_far.unbilled.map(({ kind, reason, qty }) => [kind, reason, qty])).toEqual([
      ['droplet_hours', 'no_subscription', '2160'],
    ]);
    const [run] = granted(await at.ask(invoicing.listInvoiceRuns, { tenant_id: 'free' })).items;
    expect([run?.status, run?.detail]).toEqual([
      'nothing',
      'Nothing was billed for this usage: droplet_hours (no subscription).',
    ]);
  });

  it('unbilled usage is shown with the invoice, also to its tenant', async () => {
    await begin('partly');
    const facts = [fact('partly', 'partly', '2026-04-05', [{ kind: 'gpu_seconds', qty: '12.5' }])];
    await at.receive(...facts);
    await at.close(nextClose(facts));
    const { invoice_id, lines } = await at.invoice('partly');
    expect(lines.map(({ kind }) => kind)).toEqual(['plan_base', 'tax']);
    const seen = granted(await at.ask(invoicing.getInvoice, { invoice_id }, tenantActor('partly')));
    expect(seen.unbilled.map(({ deployment_id, kind, qty, reason }) => [deployment_id, kind, qty, reason])).toEqual([
      [deploymentId('partly'), 'gpu_seconds', '12.5', 'no_price'],
    ]);
  });

  it("another tenant's invoice gives the same refusal as an unknown one", async () => {
    await begin('acme');
    await at.close(nextClose([]));
    const { invoice_id } = await at.invoice('acme');
    const missing = '00000000-0000-8000-8000-000000000000';
    const globex = tenantActor('globex');
    const asked = async (id: string) =>
      JSON.stringify(await at.ask(invoicing.getInvoice, { invoice_id: id }, globex)).replaceAll(id, 'ID');
    expect(await asked(invoice_id)).toBe(await asked(missing));
    expect(granted(await at.ask(invoicing.listInvoices, { tenant_id: 'acme' }, globex)).items).toEqual([]);
    const foreign = { deployment_id: deploymentId('acme'), plan_code: 'pro' };
    expect(isRefusal(await at.ask(invoicing.subscribe, foreign, globex))).toBe(true);
    expect(granted(await at.ask(invoicing.getInvoice, { invoice_id }, tenantActor('acme'))).invoice_id).toBe(
      invoice_id,
    );
  });

  it('a close counts its tenants before they are invoiced, and each only once when it arrives twice', async () => {
    for (const name of ['counted', 'held']) await begin(name);
    const close = nextClose([]);
    const sum = async () => granted(await at.ask(invoicing.summarizeInvoiceRuns, { period: '2026-04' }));
    // Another transaction decides money of the tenant, so its run cannot begin.
    const during = await at.running.context.db.transaction().execute(async (trx) => {
      await lockTenant(trx, 'held');
      await publishEvent(at.nats, metering.periodClosed, close);
      return eventually('all but one are invoiced', async () => {
        const counts = await sum();
        return counts.close_revision === close.revision && counts.queued === 1 ? counts : null;
      });
    });
    expect(during.started_at).toBe('2026-05-01T03:00:00Z');
    expect(during.tenants).toBe(during.queued + during.waiting + during.failed + during.finished);
    await at.running.settled();
    await publishEvent(at.nats, metering.periodClosed, close);
    await at.running.settled();
    expect(await sum()).toMatchObject({ tenants: during.tenants, queued: 0, last_finished_at: during.started_at });
  });

  it.each([false, true])(
    'a close that arrives again invoices no tenant that came since (forced: %s)',
    async (isForced) => {
      const name = `late-${isForced}`;
      const close = { ...nextClose([]), is_forced: isForced };
      await at.close(close);
      await begin(name);
      await publishEvent(at.nats, metering.periodClosed, close);
      await at.running.settled();
      expect(await at.invoices(name)).toEqual([]);
    },
  );

  it('a tenant that cannot be invoiced never blocks the others', async () => {
    await begin('good');
    const facts = threeDroplets('broken');
    await publishEvent(at.nats, metering.periodClosed, nextClose(facts));
    await eventually('the invoice of the other', async () => (await at.invoices('good')).length === 1);
    expect(await at.invoices('broken')).toEqual([]);
    await publishEvent(at.nats, provisioning.deploymentChanged, deploymentChange('broken', 'broken'));
    await publishEvent(at.nats, metering.usageAccrued, facts);
    await eventually('the bad one is settled', async () => {
      const [run] = granted(await at.ask(invoicing.listInvoiceRuns, { tenant_id: 'broken' })).items;
      return run?.status === 'nothing';
    });
  });
});

it('every invoice of these stories follows from what lies on the streams', async () => {
  const { periods, differing } = await at.proveAll();
  expect(periods).toBeGreaterThan(0);
  expect(differing).toEqual({});
});

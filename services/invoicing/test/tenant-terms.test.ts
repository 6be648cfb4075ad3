import { invoicing, isRefusal, type RequestContract } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { closeOf, deploymentId, fact, figures, granted, openStage, operator, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
const kind = 'load_balancer_hours';

beforeAll(async () => {
  at = await openStage('2026-04-10T12:00:00Z');
  const plan = (plan_code: string, base_price_cents: number) =>
    at.ask(invoicing.putPlan, {
      plan_code,
      name: plan_code,
      base_price_cents,
      items: [{ kind, included_qty: '100', overage_price_cents: '10' }],
    });
  granted(await plan('small', 2000));
  granted(await plan('large', 9000));
});
afterAll(() => at[Symbol.asyncDispose]());

const setClock = (instant: string) => at.clock.set(Temporal.Instant.from(instant));

/** A tenant with a subscription since April. */
const begin = async (name: string, plan = 'small') => {
  setClock('2026-04-10T12:00:00Z');
  await at.deploy(name, name);
  return at.subscribe(name, plan);
};

const known: ReturnType<typeof fact>[] = [];
let closes = 0;

/** Closes April with some usage of one tenant; 120 are 20 above what is included: 2.00. */
const close = async (name: string, qty: string | null = '120') => {
  setClock('2026-05-01T03:00:00Z');
  const facts = qty === null ? [] : [fact(name, name, '2026-04-05', [{ kind, qty }])];
  await at.receive(...facts);
  known.push(...facts);
  await at.close(closeOf('2026-04', known, { revision: ++closes }));
};

const lines = (invoice: Awaited<ReturnType<Stage['invoice']>>) =>
  invoice.lines.map(({ kind: of, amount_cents }) => [of, amount_cents]);
const refusal = async <Contract extends RequestContract>(
  contract: Contract,
  input: z.input<Contract['input']>,
  actor = operator,
) => {
  const answer = await at.ask(contract, input, actor);
  return isRefusal(answer) ? `${answer.refused}: ${answer.detail}` : answer;
};
describe('invoicing: terms of a tenant’s own', () => {
  it('an invoice has own prices, discounts and the minimum, each explained, and the streams alone prove it', async () => {
    const tenant_id = 'agreed';
    const { subscription_id } = await begin(tenant_id);
    granted(
      await at.ask(invoicing.addPriceOverride, {
        tenant_id,
        plan_code: 'small',
        base_price_cents: 1500,
        from: '2026-04-01',
        subscription_id,
        reason: 'agreed',
      }),
    );
    granted(
      await at.ask(invoicing.addPriceOverride, {
        tenant_id,
        plan_code: 'small',
        kind,
        overage_price_cents: '5',
        from: '2026-01-01',
        reason: 'Agreed',
      }),
    );
    granted(
      await at.ask(invoicing.addDiscount, {
        tenant_id,
        name: 'Half',
        on: 'plan',
        plan_code: 'small',
        percent: '50',
        reason: 'agreed',
      }),
    );
    granted(await at.ask(invoicing.addCommitment, { tenant_id, amount_cents: 3000, from: '2026-04-16' }));
    await close(tenant_id);
    const invoice = await at.invoice(tenant_id);
    expect(lines(invoice)).toEqual([
      ['plan_base', 1500],
      ['overage', 100],
      ['discount', -750],
      ['commitment', 650],
      ['tax', 150],
    ]);
    const evidence = async (of: string) => {
      const line = invoice.lines.find((each) => each.kind === of);
      return granted(
        await at.ask(invoicing.getLineEvidence, { invoice_id: invoice.invoice_id, line_id: line?.line_id ?? '' }),
      );
    };
    expect((await evidence('discount')).line.meta).toMatchObject({
      base_cents: 1500,
      explanation: '50 % of $15.00 (the base price of small, less earlier discounts) is $7.50',
    });
    expect((await evidence('commitment')).terms).toMatchObject({
      commitments: [{ amount_cents: 3000, from: '2026-04-16' }],
      price_overrides: [{ base_price_cents: 1500 }, { overage_price_cents: '5' }],
    });
    expect((await evidence('overage')).items).toHaveLength(1);
    expect(await at.prove('2026-04')).toEqual({});
    const own = granted(await at.ask(invoicing.getTenantTerms, { tenant_id }, tenantActor(tenant_id)));
    expect(own).toMatchObject({ revision: 4, price_overrides: [{ reason: 'Agreed', created_by: 'op' }, {}] });
  });

  it('a tenant with nothing but a minimum commitment is invoiced and proved', async () => {
    setClock('2026-04-10T12:00:00Z');
    await at.createTenants('idle');
    granted(await at.ask(invoicing.addCommitment, { tenant_id: 'idle', amount_cents: 5000, from: '2026-04-01' }));
    await close('idle', null);
    expect(figures(await at.invoice('idle'))).toEqual([5000, 500, 5500]);
    expect((await at.prove('2026-04'))['idle']).toBeUndefined();
  });

  it('what was agreed after a month was invoiced corrects it by itself, and its end does so again', async () => {
    const tenant_id = 'later';
    await begin(tenant_id);
    await close(tenant_id);
    const invoice = await at.invoice(tenant_id);
    setClock('2026-05-07T08:00:00Z');
    const terms = granted(
      await at.ask(invoicing.addDiscount, {
        tenant_id,
        name: 'Outage',
        on: 'invoice',
        percent: '50',
        first_period: '2026-04',
        last_period: '2026-04',
        reason: 'agreed',
      }),
    );
    await at.running.settled();
    const credited = granted(await at.ask(invoicing.listCreditNotes, { invoice_id: invoice.invoice_id })).items;
    expect(credited).toMatchObject([{ kind: 'correction', net_cents: 1100, tax_cents: 110 }]);
    const end = { tenant_id, term_id: terms.discounts[0]?.discount_id ?? '', reason: 'a mistake' };
    expect(await refusal(invoicing.endTenantTerm, end)).toMatch(/^already-ended: /);
    granted(
      await at.ask(invoicing.addCommitment, { tenant_id, amount_cents: 6000, from: '2026-04-01', until: '2026-05-01' }),
    );
    await at.running.settled();
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id }));
    expect(preview.pending_adjustments).toMatchObject([
      { description: 'Adjustment for 2026-04: Minimum commitment: $60.00, less $11.00 charged', amount_cents: 4900 },
    ]);
  });

  it('a discount and a price override are ended once, with effect on the months after it', async () => {
    const tenant_id = 'ending';
    await begin(tenant_id);
    const added = granted(
      await at.ask(invoicing.addDiscount, {
        tenant_id,
        name: 'Long',
        on: 'invoice',
        percent: '10',
        first_period: '2026-01',
        reason: 'agreed',
      }),
    );
    const discount_id = added.discounts[0]?.discount_id ?? '';
    const end = (fields: object) =>
      refusal(invoicing.endTenantTerm, { tenant_id, term_id: discount_id, reason: 'over', ...fields });
    expect(await end({ until: '2026-05-01' })).toMatch(/^invalid-term: .*`last_period`/);
    expect(await end({ last_period: '2026-06' })).toMatchObject({
      discounts: [{ last_period: '2026-06', ended_by: 'op', end_reason: 'over' }],
    });
    expect(await end({ last_period: '2026-07' })).toMatch(/^already-ended: /);
    expect(await end({ last_period: '2026-03' })).toMatchObject({ discounts: [{ last_period: '2026-03' }] });
    expect(await end({ last_period: '2026-01' })).toMatch(/^already-ended: /);
    const { commitments } = granted(
      await at.ask(invoicing.addCommitment, { tenant_id, amount_cents: 100, from: '2026-01-01' }),
    );
    const stop = (fields: object) =>
      refusal(invoicing.endTenantTerm, {
        tenant_id,
        term_id: commitments[0]?.commitment_id ?? '',
        reason: 'over',
        ...fields,
      });
    expect(await stop({ last_period: '2026-05' })).toMatch(/^invalid-term: .*`until`/);
    expect(await stop({})).toMatchObject({ commitments: [{ until: '2026-04-10' }] });
    expect(await stop({ until: '2026-04-01' })).toMatch(/^already-ended: /);
    expect(await refusal(invoicing.endTenantTerm, { tenant_id, term_id: crypto.randomUUID(), reason: 'x' })).toMatch(
      /^not-found: /,
    );
  });
});

describe('invoicing: quotes and previews with terms of a tenant’s own', () => {
  it('a quote has own prices and discounts, and no minimum commitment', async () => {
    const tenant_id = 'quoted';
    await begin(tenant_id);
    granted(
      await at.ask(invoicing.addPriceOverride, {
        tenant_id,
        plan_code: 'large',
        base_price_cents: 8000,
        from: '2026-05-16',
      }),
    );
    granted(
      await at.ask(invoicing.addDiscount, { tenant_id, name: 'x', on: 'invoice', percent: '10', reason: 'agreed' }),
    );
    granted(await at.ask(invoicing.addCommitment, { tenant_id, amount_cents: 100_000, from: '2026-04-01' }));
    const quote = granted(
      await at.ask(invoicing.createQuote, { plan_code: 'large', period: '2026-05' }, tenantActor(tenant_id)),
    );
    expect(quote.lines.map(({ kind: of, amount_cents }) => [of, amount_cents])).toEqual([
      ['plan_base', 8000],
      ['discount', -800],
      ['tax', 720],
    ]);
    const ofOne = granted(
      await at.ask(invoicing.previewInvoice, { deployment_id: deploymentId(tenant_id) }, tenantActor(tenant_id)),
    );
    expect(ofOne.so_far.subtotal_cents).toBe(2000);
    const ofAll = granted(await at.ask(invoicing.previewInvoice, {}, tenantActor(tenant_id)));
    expect(ofAll.so_far.subtotal_cents).toBe(100_000);
  });
});

import {
  invoicing,
  metering,
  provisioning,
  type RequestContract,
  type RequestOutput,
  usageKinds,
} from '@arcadia/contracts';
import { askService, publishEvent } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { longestTurn } from './longest-turn.ts';
import { closeOf, deploymentChange, deploymentId, fact, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;

/** Deployments with usage; the manifest of so many does not fit into one message. */
const deployments = 6_000;
/** Those with a subscription; an invoice with all their lines does not fit into one message either. */
const subscribed = 150;
/** Of the gigabytes and the hours of backups, which count the same thing, a month charges one. */
const kinds = Object.keys(usageKinds)
  .filter((kind) => kind !== 'droplet_backup_hours')
  .slice(0, 8);
const lines = subscribed * (kinds.length + 1) + 1;
/** Processor time, in ms, for which no other request is answered: without slices a preview takes 150, a proof 170. */
const longestSliceMs = 90;
const nameOf = (index: number): string => `d${index}`;

/** All rows of a list as a tenant reads them, page by page. */
const allOf = async <Contract extends RequestContract>(
  at: Stage,
  contract: Contract,
  input: z.input<Contract['input']>,
): Promise<RequestOutput<Contract> extends { items: (infer Item)[] } ? Item[] : never> => {
  const all: unknown[] = [];
  for (let cursor: string | null = null; ; ) {
    const asked = { limit: 200, ...(input as object), ...(cursor === null ? {} : { cursor }) };
    const page = granted(await at.ask(contract, asked as z.input<Contract['input']>, tenantActor('large'))) as {
      items: unknown[];
      next_cursor: string | null;
    };
    all.push(...page.items);
    if (page.next_cursor === null) return all as never;
    cursor = page.next_cursor;
  }
};

const openMonth = async (): Promise<Stage> => {
  const at = await openStage();
  const names = Array.from({ length: deployments }, (_, index) => nameOf(index));
  granted(
    await at.ask(invoicing.createPlan, {
      plan_code: 'wide',
      name: 'Wide',
      base_price_cents: 100,
      publish: true,
      items: kinds.map((kind) => ({ kind, included_qty: '1', overage_price_cents: '3' })),
    }),
  );
  await publishEvent(
    at.nats,
    provisioning.deploymentChanged,
    names.map((name) => deploymentChange(name, 'large')),
  );
  await at.running.settled();
  for (let from = 0; from < subscribed; from += 10)
    await Promise.all(names.slice(from, from + 10).map((name) => at.subscribe(name, 'wide')));
  const facts = names.map((name, index) => {
    const used = index < subscribed ? kinds : kinds.slice(0, 1);
    return fact(
      name,
      'large',
      '2026-04-05',
      used.map((kind) => ({ kind, qty: '8' })),
    );
  });
  await publishEvent(at.nats, metering.usageAccrued, facts);
  await at.running.settled();
  const closed = await longestTurn(() => at.close(closeOf('2026-04', facts)));
  expect(closed.ms).toBeLessThan(longestSliceMs);
  return at;
};

describe('invoicing: a month with 6,000 deployments of one tenant', () => {
  it('is invoiced, read by pages, credited, paid and proved', async () => {
    await using at = await openMonth();
    const invoice = await at.invoice('large');
    const { invoice_id } = invoice;
    expect(invoice).toMatchObject({ status: 'issued', line_count: lines });
    expect(invoice.lines).toHaveLength(200);
    const all = await allOf(at, invoicing.listInvoiceLines, { invoice_id });
    expect(all).toHaveLength(lines);
    expect(all.slice(0, 200)).toEqual(invoice.lines);
    const followed = granted(
      await at.ask(invoicing.listInvoiceLines, { invoice_id, cursor: invoice.lines_next_cursor ?? '' }),
    );
    expect(followed.items[0]).toEqual(all[200]);
    const net = all.filter(({ kind }) => kind !== 'tax').reduce((sum, { amount_cents }) => sum + amount_cents, 0);
    expect(net).toBe(invoice.subtotal_cents);
    const own = await allOf(at, invoicing.listInvoiceLines, { invoice_id, deployment_id: deploymentId(nameOf(7)) });
    expect(own).toEqual(all.filter(({ deployment_id }) => deployment_id === deploymentId(nameOf(7))));
    expect(own).toHaveLength(kinds.length + 1);
    const unbilled = await allOf(at, invoicing.listUnbilled, { invoice_id });
    expect(unbilled.slice(0, 200)).toEqual(invoice.unbilled);
    expect(new Set(unbilled.map(({ deployment_id }) => deployment_id)).size).toBe(deployments - subscribed);

    const month = { period: '2026-04' };
    const patient = { actor: tenantActor('large'), deadlineMs: 60_000 };
    const first = await longestTurn(() => askService(at.nats, invoicing.previewInvoice, month, patient));
    expect(first.ms).toBeLessThan(longestSliceMs);
    const preview = granted(first.result);
    expect(preview.so_far).toMatchObject({ total_cents: invoice.total_cents, line_count: lines });
    expect(preview.so_far.lines).toHaveLength(100);
    expect(preview.so_far.unbilled_count).toBe(unbilled.length);
    expect(preview.usage_known_until).toBe('2026-04-06T00:00:00Z');
    const previewed = await allOf(at, invoicing.listPreviewLines, month);
    expect(previewed).toEqual(all.map(({ line_id: _lineId, ...line }) => line));
    expect(await allOf(at, invoicing.listPreviewUnbilled, month)).toEqual(unbilled);
    const forecast = await allOf(at, invoicing.listPreviewLines, { ...month, of: 'forecast' });
    expect(forecast.reduce((sum, { amount_cents }) => sum + amount_cents, 0)).toBe(preview.forecast.total_cents);
    const other = granted(await at.ask(invoicing.previewInvoice, month, tenantActor('other')));
    expect(other).toMatchObject({ usage_until: '2026-04-01T00:00:00Z', usage_known_until: '2026-04-06T00:00:00Z' });

    const line_id = all.at(-2)?.line_id ?? '';
    const evidence = granted(await at.ask(invoicing.getLineEvidence, { invoice_id, line_id }));
    expect(evidence.items).toHaveLength(1);
    expect(evidence.terms).toMatchObject({ subscriptions: [{ plans: [{ plan: { code: 'wide' } }] }] });

    const note = granted(await at.ask(invoicing.creditInvoice, { invoice_id, reason: 'all of it' }));
    expect(note).toMatchObject({ total_cents: invoice.total_cents, line_count: lines - 1 });
    expect(note.lines).toHaveLength(50);
    const { credit_note_id } = note;
    const credited = await allOf(at, invoicing.listCreditNoteLines, { credit_note_id });
    expect(credited.slice(0, 50)).toEqual(note.lines);
    expect(credited.reduce((sum, { amount_cents }) => sum + amount_cents, 0)).toBe(note.net_cents);
    expect(await at.ask(invoicing.listCreditNoteLines, { credit_note_id }, tenantActor('other'))).toMatchObject({
      refused: 'not-found',
    });

    const paid = granted(await at.ask(invoicing.getInvoice, { invoice_id }));
    expect(paid).toMatchObject({ status: 'paid', line_count: lines, payment_reference: 'Settled by credit' });
    expect(await at.ask(invoicing.payInvoice, { invoice_id, reference: 'bank 7' })).toMatchObject({
      refused: 'already-paid',
    });
    const [event] = await at.publishedEvents(invoicing.invoicePaid);
    expect(event?.data.deployment_ids).toHaveLength(subscribed);
    const proved = await longestTurn(() => at.prove('2026-04'));
    expect(proved.ms).toBeLessThan(longestSliceMs);
    expect(proved.result).toEqual({});
  }, 180_000);

  it('has a preview whose pages do not mix two ratings', async () => {
    await using at = await openStage('2026-04-10T12:00:00Z');
    await at.deploy('d0', 'other');
    for (let index = 0; index < 3; index += 1)
      granted(
        await at.ask(invoicing.addManualLine, {
          tenant_id: 'other',
          description: `line ${index}`,
          unit_price_cents: '1',
        }),
      );
    const first = granted(await at.ask(invoicing.listPreviewLines, { tenant_id: 'other', limit: 2 }));
    const asked = { tenant_id: 'other', limit: 2, cursor: first.next_cursor ?? '' };
    const second = granted(await at.ask(invoicing.listPreviewLines, asked));
    expect([...first.items, ...second.items].map(({ kind }) => kind)).toEqual(['manual', 'manual', 'manual', 'tax']);
    granted(
      await at.ask(invoicing.addManualLine, { tenant_id: 'other', description: 'one more', unit_price_cents: '1' }),
    );
    expect(await at.ask(invoicing.listPreviewLines, asked)).toMatchObject({
      refused: 'invalid-cursor',
      detail: expect.stringContaining('have changed since the first page'),
    });
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'other' }));
    expect(preview.usage_known_until).toBeNull();
  });

  it('is voided and made again, and answered as it took effect', async () => {
    await using at = await openMonth();
    const { invoice_id } = await at.invoice('large');
    const voided = granted(await at.ask(invoicing.voidInvoice, { invoice_id, reason: 'wrong address' }));
    expect(voided).toMatchObject({ status: 'void', line_count: lines });
    granted(await at.ask(invoicing.runInvoices, { period: '2026-04', tenant_id: 'large' }));
    await at.running.settled();
    expect(await at.invoice('large')).toMatchObject({ status: 'issued', line_count: lines });
  }, 180_000);
});

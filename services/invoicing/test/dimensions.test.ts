import { invoicing, isRefusal } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { closeOf, fact, figures, granted, openStage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

const items: z.input<typeof invoicing.createPlan.input>['items'] = [
  { kind: 'droplet_hours', included_qty: '100', overage_price_cents: '1' },
  { kind: 'droplet_hours', dimension: 'g-*', overage_price_cents: '10' },
  { kind: 'droplet_hours', dimension: 'g-32vcpu-128gb', included_qty: '5', overage_price_cents: '90' },
];

beforeAll(async () => {
  at = await openStage();
  granted(
    await at.ask(invoicing.createPlan, {
      plan_code: 'sized',
      name: 'Sized',
      base_price_cents: 1000,
      items,
      publish: true,
    }),
  );
});
afterAll(() => at[Symbol.asyncDispose]());

const hours = (dimension: string, qty: number, resource: string) => ({
  kind: 'droplet_hours',
  dimension,
  qty: String(qty * 3600),
  divisor: '3600',
  resource,
});

/** Everything a line opens to, page by page. */
const evidence = async (invoiceId: string, lineId: string) => {
  const lines: { dimension?: string | undefined; unit_seconds: string; divisor: string }[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = granted(
      await at.ask(invoicing.getLineEvidence, {
        invoice_id: invoiceId,
        line_id: lineId,
        limit: 1,
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    lines.push(...page.items.flatMap((item) => item.lines));
    if (page.next_cursor === null) return lines;
    cursor = page.next_cursor;
  }
};

describe('invoicing: usage with a size', () => {
  it('is billed by its size, opens to the facts of that size alone, and proves', async () => {
    await at.deploy('mixed', 'mixed');
    await at.subscribe('mixed', 'sized');
    const facts = [
      fact('mixed', 'mixed', '2026-04-10', [
        hours('s-1vcpu-1gb', 24, 'a'),
        hours('s-2vcpu-4gb', 100, 'b'),
        hours('g-2vcpu-8gb', 3, 'c'),
        hours('g-32vcpu-128gb', 4, 'd'),
      ]),
      fact('mixed', 'mixed', '2026-04-11', [
        hours('g-32vcpu-128gb', 4, 'd'),
        { kind: 'droplet_hours', qty: '3600', divisor: '3600', resource: 'old' },
      ]),
    ];
    await at.receive(...facts);
    await at.close(closeOf('2026-04', facts));
    const invoice = await at.invoice('mixed');
    const overage = invoice.lines.filter(({ kind }) => kind === 'overage');
    expect(overage.map(({ description, amount_cents }) => [description, amount_cents])).toEqual([
      ['Overage droplet_hours, other sizes: 125 used, 100 included', 25],
      ['Overage droplet_hours g-*: 3 used, 0 included', 30],
      ['Overage droplet_hours g-32vcpu-128gb: 8 used, 5 included', 270],
    ]);
    expect(figures(invoice)).toEqual([1325, 133, 1458]);
    for (const line of overage) {
      const found = await evidence(invoice.invoice_id, line.line_id);
      const sum = found.reduce((total, { unit_seconds, divisor }) => total + Number(unit_seconds) / Number(divisor), 0);
      expect(sum).toBe(Number(line.meta['used']));
      expect(new Set(found.map(({ dimension }) => dimension ?? null))).toEqual(new Set(line.meta['dimensions'] as []));
    }
    expect(await at.prove('2026-04')).toEqual({});
  });

  it('a late revision that brings sizes makes no adjustment where the price is the same for all', async () => {
    await at.deploy('later', 'later');
    await at.subscribe('later', 'starter', { starts_at: '2026-05-01T00:00:00Z' });
    at.clock.set(Temporal.Instant.from('2026-07-01T03:00:00Z'));
    const day = '2026-05-03';
    const plain = fact('later', 'later', day, [{ kind: 'droplet_hours', qty: '800', resource: 'a' }]);
    await at.receive(plain);
    await at.close(closeOf('2026-05', [plain]));
    const sized = fact('later', 'later', day, [{ ...hours('s-1', 0, 'a'), qty: '800', divisor: '1' }], {
      revision: 2,
      close_revision: 2,
    });
    await at.receive(sized);
    await at.close(closeOf('2026-06', []));
    const june = await at.invoice('later', '2026-06');
    expect(june.lines.filter(({ kind }) => kind === 'adjustment')).toEqual([]);
    expect(await at.prove('2026-05')).toEqual({});
  });
});

describe('invoicing: the charge model by_size', () => {
  const bySize = {
    kind: 'droplet_hours',
    charge_model: 'by_size' as const,
    included_qty: '10',
    overage_price_cents: '1',
    sizes: [
      { dimension: 'g-*', unit_price_cents: '20' },
      { dimension: 's-2vcpu-4gb', unit_price_cents: '3.5' },
    ],
  };

  it('prices each size, the included quantity by day, and proves', async () => {
    const plan = { plan_code: 'sizes', name: 'Sizes', base_price_cents: 100, items: [bySize] };
    granted(await at.ask(invoicing.createPlan, { ...plan, publish: true }));
    const again = granted(await at.ask(invoicing.putPlan, plan));
    expect([again.version, again.items[0]?.sizes]).toEqual([1, bySize.sizes]);
    at.clock.set(Temporal.Instant.from('2026-09-01T03:00:00Z'));
    await at.deploy('sizes', 'sizes');
    await at.subscribe('sizes', 'sizes', { starts_at: '2026-08-01T00:00:00Z' });
    const facts = [
      fact('sizes', 'sizes', '2026-08-03', [hours('s-2vcpu-4gb', 8, 'a'), hours('s-1', 1, 'b')]),
      fact('sizes', 'sizes', '2026-08-04', [hours('g-1', 5, 'c'), hours('g-2', 5, 'd'), hours('s-1', 4, 'b')]),
    ];
    await at.receive(...facts);
    await at.close(closeOf('2026-08', facts));
    const invoice = await at.invoice('sizes', '2026-08');
    const overage = invoice.lines.filter(({ kind }) => kind === 'overage');
    expect(overage.map(({ description, qty, amount_cents }) => [description, qty, amount_cents])).toEqual([
      ['Overage droplet_hours s-1: 5 used, 1 of 10 included', '4', 4],
      ['Overage droplet_hours g-1: 5 used, 1 of 10 included', '4', 80],
      ['Overage droplet_hours g-2: 5 used, 0 of 10 included', '5', 100],
    ]);
    for (const line of overage) {
      const found = await evidence(invoice.invoice_id, line.line_id);
      const sum = found.reduce((total, { unit_seconds, divisor }) => total + Number(unit_seconds) / Number(divisor), 0);
      expect([sum, new Set(found.map(({ dimension }) => dimension))]).toEqual([
        5,
        new Set(line.meta['dimensions'] as []),
      ]);
    }
    expect(await at.prove('2026-08')).toEqual({});
  });

  it.each([
    ['a size twice', { sizes: [bySize.sizes[0], bySize.sizes[0]] }, 'sizes lists g-* twice'],
    ['sizes of a kind without any', { kind: 'dns_zones' }, 'sizes names g-*, and usage of dns_zones has no dimension'],
    ['sizes for another model', { charge_model: 'standard' as const }, 'sizes standard has no sizes'],
  ])('%s is refused by name', async (_, fields, fault) => {
    const items = [{ ...bySize, ...fields }] as z.input<typeof invoicing.createPlan.input>['items'];
    const answer = await at.ask(invoicing.createPlan, { plan_code: 'w', name: 'W', base_price_cents: 1, items });
    expect(isRefusal(answer) && answer.detail).toContain(fault);
  });
});

it('a plan of more than a thousand prices by size is refused, because a message carries them all', async () => {
  const sizes = Array.from({ length: 500 }, (_, index) => ({ dimension: `s-${index}`, unit_price_cents: '1' }));
  const items = ['g-*', 's-*', undefined].map((dimension) => ({
    kind: 'droplet_hours',
    ...(dimension === undefined ? {} : { dimension }),
    charge_model: 'by_size' as const,
    sizes,
  }));
  const answer = await at.ask(invoicing.createPlan, { plan_code: 'w', name: 'W', base_price_cents: 1, items });
  expect(isRefusal(answer) && answer['faults']).toContainEqual({
    kind: 'droplet_hours',
    field: 'sizes',
    fault: 'a version has at most 1000 prices by size',
  });
});

describe('invoicing: prices and quotes by size', () => {
  it('a quote takes sizes, in the usage and in the spec', async () => {
    const quoted = granted(
      await at.ask(invoicing.createQuote, {
        plan_code: 'sized',
        period: '2026-09',
        usage: [{ kind: 'droplet_hours', dimension: 'g-32vcpu-128gb', qty: '8' }],
        spec: { droplets: { 's-1vcpu-1gb': 1, 'g-2vcpu-8gb': 1 }, dns_zones: 0 },
      }),
    );
    expect(
      quoted.lines
        .filter(({ kind }) => kind === 'overage')
        .map(({ description, amount_cents }) => [description, amount_cents]),
    ).toEqual([
      ['Overage droplet_hours, other sizes: 720 used, 100 included', 620],
      ['Overage droplet_hours g-*: 720 used, 0 included', 7200],
      ['Overage droplet_hours g-32vcpu-128gb: 8 used, 5 included', 270],
    ]);
    const plain = granted(await at.ask(invoicing.createQuote, { plan_code: 'sized', spec: { droplets: 2 } }));
    expect(plain.usage).toEqual([{ kind: 'droplet_hours', qty: expect.any(String) }]);
  });

  it('a fallback price is set and listed for a size', async () => {
    const price = { kind: 'droplet_hours', unit_price_cents: '7', valid_from: '2026-09-01' };
    granted(await at.ask(invoicing.putPrice, price));
    for (const dimension of ['s-*', 's-1vcpu-1gb', 's-*'])
      granted(await at.ask(invoicing.putPrice, { ...price, dimension, unit_price_cents: '8' }));
    const listed: (string | undefined)[] = [];
    for (let cursor: string | undefined; ; ) {
      const asked = { kind: 'droplet_hours', limit: 1, ...(cursor === undefined ? {} : { cursor }) };
      const page = granted(await at.ask(invoicing.listPrices, asked));
      listed.push(...page.items.map(({ dimension }) => dimension));
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    expect(listed).toEqual([undefined, 's-*', 's-1vcpu-1gb']);
  });

  it('a size for a kind whose usage has none is refused, naming both', async () => {
    const wrong = { kind: 'dns_zones', dimension: 's-1' };
    const answers = [
      await at.ask(invoicing.putPrice, { ...wrong, unit_price_cents: '1' }),
      await at.ask(invoicing.createQuote, { plan_code: 'sized', usage: [{ ...wrong, qty: '1' }] }),
      await at.ask(invoicing.createPlan, { plan_code: 'w', name: 'W', base_price_cents: 1, items: [wrong] }),
    ];
    expect(answers.map((answer) => isRefusal(answer) && answer.refused)).toEqual([
      'unknown-dimension',
      'unknown-dimension',
      'invalid-plan',
    ]);
    for (const answer of answers) expect(isRefusal(answer) && answer.detail).toMatch(/dns_zones.*s-1|s-1.*dns_zones/);
  });

  it.each([
    ['an item twice', [{ dimension: 'g-*' }, { dimension: 'g-*' }], 'dimension stands twice'],
    ['a cap for one size', [{ dimension: 'g-*', hard_cap_qty: '5' }], 'hard_cap_qty a cap counts all sizes'],
  ])('%s is refused, naming the size', async (_, wrong, fault) => {
    const answer = await at.ask(invoicing.createPlan, {
      plan_code: 'w',
      name: 'W',
      base_price_cents: 1,
      items: wrong.map((fields) => ({ kind: 'droplet_hours', ...fields })),
    });
    expect(isRefusal(answer) && answer.detail).toContain(`item droplet_hours g-*: ${fault}`);
  });

  it('a price in the order of days reads the usage of each day, also in a proof', async () => {
    const both = [
      { kind: 'droplet_hours', unit_price_cents: '1', valid_from: '2027-01-01', dimension: 'a-*' },
      { kind: 'droplet_hours', unit_price_cents: '50', valid_from: '2027-01-01', dimension: 'z-*' },
    ];
    for (const price of both) granted(await at.ask(invoicing.putPrice, price));
    granted(
      await at.ask(invoicing.createPlan, {
        plan_code: 'pool',
        name: 'Pool',
        base_price_cents: 100,
        items: [{ kind: 'droplet_hours', included_qty: '10' }],
        publish: true,
      }),
    );
    at.clock.set(Temporal.Instant.from('2027-03-01T03:00:00Z'));
    await at.deploy('pooled', 'pooled');
    await at.subscribe('pooled', 'pool', { starts_at: '2027-02-01T00:00:00Z' });
    const facts = [
      fact('pooled', 'pooled', '2027-02-03', [hours('z-1', 8, 'z')]),
      fact('pooled', 'pooled', '2027-02-04', [hours('a-1', 8, 'a')]),
    ];
    await at.receive(...facts);
    await at.close(closeOf('2027-02', facts));
    const invoice = await at.invoice('pooled', '2027-02');
    // By size alone, a-1 would be covered first and z-1 would cost 3.00.
    expect(invoice.subtotal_cents).toBe(106);
    expect(await at.prove('2027-02')).toEqual({});
  });
});

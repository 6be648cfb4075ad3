import { expect, test } from 'vitest';
import { findings, meteredDaily, owner, since, worldWith } from './bills.ts';
import { observed, openStage, type Stage } from './stage.ts';

/** A resource whose size changes on the 16th, with one line for each size, and what was metered of it. */
const changing = (fields: {
  kind: string;
  sizes: readonly (object | null)[];
  lines: readonly object[];
  metered?: (day: number) => number;
}) => ({ ...fields });

const halves = [
  { start_time: '2026-04-01T00:00:00Z', end_time: '2026-04-16T00:00:00Z', duration: '360', resource: '77' },
  { start_time: '2026-04-16T00:00:00Z', end_time: '2026-05-01T00:00:00Z', duration: '360', resource: '77' },
] as const;
const [firstHalf, secondHalf] = halves;
const wholeMonth = {
  start_time: '2026-04-01T00:00:00Z',
  end_time: '2026-05-01T00:00:00Z',
  duration: '720',
  resource: '77',
};

test.each([
  [
    'a volume that grew',
    changing({
      kind: 'volume',
      sizes: [{ size_gb: '50' }, { size_gb: '100' }],
      lines: [
        { ...firstHalf, product: 'Volumes', description: 'data (50 GiB)', amount: '2.68' },
        { ...secondHalf, product: 'Volumes', description: 'data (100 GiB)', amount: '5.36' },
      ],
      metered: (day) => (day < 16 ? 50 : 100),
    }),
  ],
  [
    'a volume that grew, with one line for the month',
    changing({
      kind: 'volume',
      sizes: [{ size_gb: '50' }, { size_gb: '100' }],
      lines: [{ ...wholeMonth, product: 'Volumes', description: 'data', amount: '8.04' }],
      metered: (day) => (day < 16 ? 50 : 100),
    }),
  ],
  [
    'a load balancer that shrank',
    changing({
      kind: 'load_balancer',
      sizes: [{ node_count: 3 }, { node_count: 1 }],
      lines: [
        { ...firstHalf, product: 'Load Balancers', description: 'lb (3 nodes)', amount: '19.29' },
        { ...secondHalf, product: 'Load Balancers', description: 'lb (1 node)', amount: '6.43' },
      ],
      metered: (day) => (day < 16 ? 3 : 1),
    }),
  ],
  [
    'a load balancer whose lines count node-hours',
    changing({
      kind: 'load_balancer',
      sizes: [{ node_count: 1 }, { node_count: 3 }],
      lines: [
        { ...firstHalf, product: 'Load Balancers', description: 'lb', amount: '6.43' },
        { ...secondHalf, product: 'Load Balancers', description: 'lb', amount: '19.29', duration: '1080' },
      ],
      metered: (day) => (day < 16 ? 1 : 3),
    }),
  ],
  [
    'a droplet that was resized',
    changing({
      kind: 'droplet',
      sizes: [{ size_slug: 's-1vcpu-1gb' }, { size_slug: 's-2vcpu-4gb' }],
      lines: [
        { ...firstHalf, product: 'Droplets', description: 'web (s-1vcpu-1gb)', amount: '3.21' },
        { ...secondHalf, product: 'Droplets', description: 'web (s-2vcpu-4gb)', amount: '12.86' },
      ],
      metered: () => 1,
    }),
  ],
  [
    'a volume that was deleted',
    changing({
      kind: 'volume',
      sizes: [{ size_gb: '50' }, null],
      lines: [{ ...firstHalf, product: 'Volumes', description: 'data', amount: '2.68' }],
      metered: (day) => (day < 16 ? 50 : 0),
    }),
  ],
  [
    'a deleted volume whose line gives only its price right',
    changing({
      kind: 'volume',
      sizes: [{ size_gb: '50' }, null],
      lines: [{ ...wholeMonth, product: 'Volumes', description: 'data', amount: '2.68' }],
      metered: (day) => (day < 16 ? 50 : 0),
    }),
  ],
  [
    'a volume that was created',
    changing({
      kind: 'volume',
      sizes: [null, { size_gb: '100' }],
      lines: [{ ...secondHalf, product: 'Volumes', description: 'data', amount: '5.36' }],
      metered: (day) => (day < 16 ? 0 : 100),
    }),
  ],
  [
    'a volume billed in days',
    changing({
      kind: 'volume',
      sizes: [{ size_gb: '100' }, { size_gb: '100' }],
      lines: [
        {
          ...wholeMonth,
          duration: '30',
          duration_unit: 'Days',
          product: 'Volumes',
          description: 'data',
          amount: '10.00',
        },
      ],
      metered: () => 100,
    }),
  ],
  [
    'a volume billed in months',
    changing({
      kind: 'volume',
      sizes: [{ size_gb: '100' }, { size_gb: '100' }],
      lines: [
        {
          ...wholeMonth,
          duration: '1',
          duration_unit: 'Month',
          product: 'Volumes',
          description: 'data',
          amount: '10.00',
        },
      ],
      metered: () => 100,
    }),
  ],
  [
    'a volume whose line counts other hours than its span and its money',
    changing({
      kind: 'volume',
      sizes: [{ size_gb: '100' }, { size_gb: '100' }],
      lines: [{ ...wholeMonth, duration: '100', product: 'Volumes', description: 'data', amount: '10.00' }],
      metered: () => 100,
    }),
  ],
  [
    'a line that ends at 23:59:59',
    changing({
      kind: 'volume',
      sizes: [{ size_gb: '100' }, { size_gb: '100' }],
      lines: [
        {
          ...wholeMonth,
          duration: undefined,
          end_time: '2026-04-30T23:59:59Z',
          product: 'Volumes',
          description: 'data',
          amount: '10.00',
        },
      ],
      metered: () => 100,
    }),
  ],
])('billing-ingest: %s in mid-month is no difference', async (_, { kind, sizes, lines, metered: units = () => 0 }) => {
  await using stage = await openStage({ world: worldWith(lines) });
  await observeSizes(stage, kind, sizes);
  await meteredDaily(stage, usageOf[kind] ?? '', resourceOf(kind), units);
  await stage.billing.settled();
  expect(await findings(stage)).toEqual([]);
});

const usageOf: Record<string, string> = {
  volume: 'volume_gb_month',
  load_balancer: 'load_balancer_hours',
  droplet: 'droplet_hours',
};
const resourceOf = (kind: string) => observed({ kind, provider_id: '77' }).resource_id;

/** The sizes of the resource from the first and from the 16th on; null: it does not exist. */
const observeSizes = (stage: Stage, kind: string, [before = null, after = null]: readonly (object | null)[]) => {
  const at = '2026-04-16T00:00:00Z';
  const same = { kind, provider_id: '77', name: 'data', owner, status: kind === 'droplet' ? 'active' : null };
  const states =
    before === null
      ? [observed({ ...same, created_at: at, effective_at: at, attrs: { ...after } })]
      : [
          observed({ ...same, ...since, attrs: { ...before } }),
          observed({
            ...same,
            ...since,
            effective_at: at,
            revision: 2,
            is_present: after !== null,
            attrs: { ...after },
          }),
        ];
  return stage.observe(...states);
};

test('billing-ingest: what was not metered of a resized droplet is valued at the line of that size', async () => {
  const lines = [
    { ...firstHalf, product: 'Droplets', description: 'web (s-1vcpu-1gb)', amount: '3.00' },
    { ...secondHalf, product: 'Droplets', description: 'web (s-2vcpu-4gb)', amount: '12.00' },
  ];
  await using stage = await openStage({ world: worldWith(lines) });
  await observeSizes(stage, 'droplet', [{ size_slug: 's-1vcpu-1gb' }, { size_slug: 's-2vcpu-4gb' }]);
  await meteredDaily(stage, 'droplet_hours', resourceOf('droplet'), (day) => (day < 16 ? 1 : 0));
  await stage.billing.settled();
  expect(await findings(stage)).toMatchObject([
    { finding: 'hours_differ', billed_hours: '720', metered_hours: '360', amount_cents: 1200 },
  ]);
});

test('billing-ingest: a volume that shrank to its first size again is compared with every size it had', async () => {
  const sizes: readonly (readonly [string, string])[] = [
    ['2026-03-01T00:00:00Z', '50'],
    ['2026-04-11T00:00:00Z', '200'],
    ['2026-04-21T13:37:00Z', '50'],
  ];
  const spans = ['2026-04-01T00:00:00Z', '2026-04-11T00:00:00Z', '2026-04-21T13:37:00Z', '2026-05-01T00:00:00Z'];
  const lines = ['1.79', '7.54', '1.69'].map((amount, index) => ({
    product: 'Volumes',
    description: 'data',
    amount,
    resource: '77',
    start_time: spans[index],
    end_time: spans[index + 1],
  }));
  await using stage = await openStage({ world: worldWith(lines) });
  await stage.observe(
    ...sizes.map(([effective_at, size_gb], index) =>
      observed({
        ...{ kind: 'volume', provider_id: '77', name: 'data', owner, created_at: '2026-03-01T00:00:00Z' },
        ...{ effective_at, revision: index + 1, attrs: { size_gb } },
      }),
    ),
  );
  const exact = (200 * 49_020 + 50 * (86_400 - 49_020)) / 86_400;
  await meteredDaily(stage, 'volume_gb_month', resourceOf('volume'), (day) =>
    day < 11 ? 50 : day < 21 ? 200 : day === 21 ? exact : 50,
  );
  await stage.billing.settled();
  expect(await findings(stage)).toEqual([]);
  // The last ten days are metered at twice the size: only these are a difference.
  await using other = await openStage({ world: worldWith(lines) });
  await other.observe(
    ...sizes.map(([effective_at, size_gb], index) =>
      observed({
        ...{ kind: 'volume', provider_id: '77', name: 'data', owner, created_at: '2026-03-01T00:00:00Z' },
        ...{ effective_at, revision: index + 1, attrs: { size_gb } },
      }),
    ),
  );
  await meteredDaily(other, 'volume_gb_month', resourceOf('volume'), (day) =>
    day < 11 ? 50 : day < 21 ? 200 : day === 21 ? exact : 0,
  );
  await other.billing.settled();
  expect(await findings(other)).toMatchObject([{ finding: 'hours_differ', amount_cents: 161 }]);
});

import { createDigitalOcean } from '@arcadia/digitalocean';
import { describe, expect, it } from 'vitest';
import { readItems } from './provider.ts';

const item = {
  product: 'Droplets',
  resource_id: '101',
  resource_uuid: '',
  group_description: '',
  description: 'web (s-1vcpu-1gb)',
  amount: '6.00',
  duration: '672',
  duration_unit: 'Hours',
  start_time: '2026-03-01T00:00:00Z',
  end_time: '2026-04-01T00:00:00Z',
  project_name: 'shop',
  category: 'iaas',
};

/** The lines and faults of an invoice with a good item and one that has this field instead. */
async function read(field: string, value: unknown) {
  const odd = { ...item, [field]: value };
  const body = { invoice_items: [item, odd], links: {}, meta: { total: 2 } };
  const api = createDigitalOcean({ token: 't', write: false, fetch: async () => Response.json(body) });
  const { batches, faults } = readItems(api, 'uuid', new AbortController().signal);
  const lines = (await Array.fromAsync(batches)).flat();
  return { amounts: lines.map(({ amount }) => amount), faults };
}

const forms: readonly unknown[] = [undefined, null, 42, 'words', { odd: 1 }, [['odd']], true];

describe('billing-ingest: a line of the provider with a field of another form', () => {
  it.each(Object.keys(item).filter((field) => field !== 'amount'))(
    'counts with its amount, whatever its %s is',
    async (field) => {
      for (const value of forms) expect(await read(field, value)).toEqual({ amounts: ['6', '6'], faults: [] });
    },
  );

  it.each([
    [undefined, '101 (web (s-1vcpu-1gb))'],
    [null, '101 (web (s-1vcpu-1gb))'],
    [{ odd: 1 }, '101 (web (s-1vcpu-1gb))'],
    [true, '101 (web (s-1vcpu-1gb))'],
    ['six', ''],
    ['', ''],
  ])('is a fault of the invoice if its amount is %j', async (amount, named) => {
    const { amounts, faults } = await read('amount', amount);
    expect(amounts).toEqual(['6']);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.problem).toContain(named);
  });

  it('may have a number for an amount', async () => {
    expect((await read('amount', 6)).amounts).toEqual(['6', '6']);
  });
});

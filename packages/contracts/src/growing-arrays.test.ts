import { expect, test } from 'vitest';
import { z } from 'zod';
import type { EventContract } from './define.ts';
import { billingIngest, drift, inventorySync, invoicing, metering, provisioning } from './index.ts';

const events: readonly EventContract[] = [
  inventorySync,
  metering,
  invoicing,
  billingIngest,
  provisioning,
  drift,
].flatMap((service) => service.events as readonly EventContract[]);

/** Arrays of events that are not divided, each with the reason why it cannot outgrow a message. */
const bounded: Record<string, string> = {
  'usage.accrued lines.observations': 'the changes of one resource within a day',
  'period.closed closed_over': 'a fault for each day and each kind of resource',
  'period.closed tenants.sums': 'one for each kind and divisor',
  'subscription.changed plan.items': 'one for each kind, limited by the requests that write plans',
  'subscription.changed plan.items.sizes': 'limited to 1000 in a version when a plan is checked',
  'subscription.changed plan.items.tiers': 'limited by the requests that write plans',
  'invoice.ingested lines': 'the publisher makes messages of about 400 KB',
  'invoice.ingested lines.allocations': 'the publisher divides a line with more than 500 of them',
  'billed-amounts.changed amounts': 'the publisher makes messages of 500 of them',
  'billing-profile.changed address': 'limited to 6 lines by the requests that write profiles',
  'billing-profile.changed email_recipients': 'limited to 10 by the requests that write profiles',
  'deployment.changed project_bindings': 'limited to 50 by the requests that write deployments',
  'deployment.changed tag_bindings': 'limited to 50 by the requests that write deployments',
};

type Schema = {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  maxItems?: number;
};

const arraysIn = (schema: Schema, path: readonly string[]): string[] => [
  ...(schema.items === undefined || schema.maxItems !== undefined ? [] : [path.join('.')]),
  ...(schema.items === undefined ? [] : arraysIn(schema.items, path)),
  ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => arraysIn(field, [...path, name])),
  ...(schema.anyOf ?? []).flatMap((each) => arraysIn(each, path)),
];

const arraysOf = ({ data }: EventContract): string[] =>
  arraysIn(z.toJSONSchema(data, { io: 'input', unrepresentable: 'any' }) as Schema, []);

test('every array of an event is divided among messages, or has a reason why it cannot outgrow one', () => {
  const undivided = events.flatMap((event) => {
    const divided = event.parts.flatMap(({ array, item }) => [
      array,
      ...(item?.arrays ?? []).map((inner) => `${array}.${inner}`),
    ]);
    return arraysOf(event)
      .filter((array) => !divided.includes(array))
      .map((array) => `${event.type} ${array}`);
  });
  expect([...new Set(undivided)].toSorted()).toEqual(Object.keys(bounded).toSorted());
});

test('every array that an event names as divisible exists, and the key of a divided item is one of its fields', () => {
  for (const event of events) {
    const arrays = arraysOf(event);
    for (const { array, item } of event.parts) {
      expect(arrays).toContain(array);
      for (const inner of item?.arrays ?? []) expect(arrays).toContain(`${array}.${inner}`);
      if (item === undefined) continue;
      const schema = z.toJSONSchema(event.data, { io: 'input', unrepresentable: 'any' }) as Schema;
      expect(Object.keys(schema.properties?.[array]?.items?.properties ?? {})).toContain(item.key);
    }
  }
});

import type { EventContract } from '@arcadia/contracts';
import * as contracts from '@arcadia/contracts';
import { forService } from '@arcadia/platform';
import { startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { z } from 'zod';

const modules = [
  contracts.inventorySync,
  contracts.metering,
  contracts.invoicing,
  contracts.billingIngest,
  contracts.provisioning,
  contracts.drift,
  contracts.gateway,
];
const events: readonly EventContract[] = modules.flatMap((each) => [...(each.events as readonly EventContract[])]);

/** Instants in the spellings in which clocks, clients and the provider give them, each with what is stored of it. */
const spellings = [
  ['2026-04-01T12:34:56.123457Z', '2026-04-01T12:34:56.123457Z'],
  ['2026-04-01T12:34:56.123457891Z', '2026-04-01T12:34:56.123457Z'],
  ['2026-04-01T12:34:56.000Z', '2026-04-01T12:34:56Z'],
  ['2026-04-01T12:34:56.120Z', '2026-04-01T12:34:56.12Z'],
  ['2026-04-01T12:34:58.000000999Z', '2026-04-01T12:34:58Z'],
  ['2026-04-01T12:34:50Z', '2026-04-01T12:34:50Z'],
] as const;

type Schema = Readonly<Record<string, unknown>> & {
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Readonly<Record<string, Schema>>;
  items?: Schema;
};

const uuidOf = (nth: number): string => `0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d6${nth}`;

/** Patterns without an example, by what they allow. */
const texts: readonly [pattern: RegExp, text: string][] = [
  [/\[0-9a-f\]\{64\}/, 'a'.repeat(64)],
  [/\[A-Z\]\{3\}/, 'AUD'],
  [/\[A-Z\]\{2\}/, 'AU'],
  [/^\^\\d\{4\}-\\d\{2\}-\\d\{2\}\$/, '2026-04-30'],
  [/^\^\\d\{4\}-\(0\[1-9\]/, '2026-04'],
  [/\\d\{1,/, '1'],
];

/** Fields that their schema does not describe whole. */
const named: Readonly<Record<string, unknown>> = { mark_up_percent: '30', percent: '10', overage_price_cents: '2' };

/** An instant in one of its spellings, and a number that makes the event another one than that of the other spellings. */
type Given = { instant: string; nth: number };

/** Data of a schema, with every property, each instant in the given spelling. */
const dataOf = (schema: Schema, given: Given): unknown => {
  const options = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (options !== undefined) return dataOf(options.find(({ type }) => type !== 'null') ?? {}, given);
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  const type = [schema['type']].flat().find((each) => each !== 'null');
  if (type === undefined) return null;
  if (type === 'object')
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, each]) => [name, named[name] ?? dataOf(each, given)]),
    );
  if (type === 'array') return schema.items === undefined ? [] : [dataOf(schema.items, given)];
  if (type !== 'string')
    return type === 'boolean' ? true : type === 'integer' || type === 'number' ? given.nth + 1 : null;
  const pattern = String(schema['pattern'] ?? '');
  if (pattern.includes('T\\d{2}:')) return given.instant;
  if (pattern.includes('[0-9a-f]{8}-')) return uuidOf(given.nth);
  if (typeof schema['example'] === 'string') return schema['example'];
  return texts.find(([known]) => known.test(pattern))?.[1] ?? 'words';
};

const schemaOf = (contract: EventContract): Schema =>
  z.toJSONSchema(contract.data, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema;

const eventWith = (contract: EventContract, given: Given): unknown => dataOf(schemaOf(contract), given);

const { defineService } = forService<object, null>();
/** A service that publishes every event; the owner of each stream would be one of seven services. */
const publisher = defineService({
  name: 'metering',
  schema: 'metering',
  config: () => null,
  migrations: {},
  publishes: events,
  consumes: [],
  answers: [],
  jobs: [],
});

test('every instant of every event is read from the log and from the stream as it was published, and is stored as it is published', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(publisher, { nats, database });
  const differing: unknown[] = [];
  for (const contract of events)
    for (const [nth, [given, stored]] of spellings.entries()) {
      const data = eventWith(contract, { instant: given, nth });
      const expected = eventWith(contract, { instant: stored, nth });
      await service.context.transact(async (tx) => {
        await sql`DELETE FROM outbox`.execute(tx.sql);
        await sql`DELETE FROM events`.execute(tx.sql);
        await tx.publish(contract, data as never);
      });
      const { rows } = await sql<{
        payload: unknown;
      }>`SELECT payload FROM events WHERE type = ${contract.type}`.execute(service.context.db);
      await service.settled();
      const { state } = await service.bus.jsm.streams.info(contract.stream);
      const message = await service.bus.jsm.streams.getMessage(contract.stream, { seq: state.last_seq });
      const published = message?.json();
      const read = contract.data.parse(published);
      for (const [where, found] of Object.entries({ log: rows[0]?.payload, stream: published, read }))
        if (contracts.canonicalJson(found) !== contracts.canonicalJson(contract.data.parse(expected)))
          differing.push({ type: contract.type, given, where, found });
    }
  expect(differing).toEqual([]);
  expect(events.length).toBeGreaterThan(30);
});

test('an instant has one spelling: the one that Postgres stores', async () => {
  await using database = await throwawayDatabase({ service: 'metering' });
  await using nats = await throwawayNats();
  await using service = await startTestService(publisher, { nats, database });
  const digits = fc.string({ unit: fc.constantFrom('0', '0', '1', '5', '9'), maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(digits, async (fraction) => {
      const given = `2026-04-01T12:34:56${fraction === '' ? '' : `.${fraction}`}Z`;
      const published = contracts.instantText.parse(given);
      const { rows } = await sql<{ at: string }>`SELECT ${published}::timestamptz AS at`.execute(service.context.db);
      expect(rows[0]?.at).toBe(published);
      expect(Temporal.Instant.from(published).toString()).toBe(published);
      const cut = Temporal.Instant.from(given).round({ smallestUnit: 'microsecond', roundingMode: 'floor' });
      expect(published).toBe(cut.toString());
    }),
    { numRuns: 150 },
  );
});

import { metering } from '@arcadia/contracts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answering, problemIn, startBoth } from './running-gateway.ts';

type Outcome = { accepted: number; duplicates: number; refused: { index: number; reason: string }[] };

let both: Awaited<ReturnType<typeof startBoth>>;
let reported: unknown[] = [];
let outcome: Outcome;

beforeAll(async () => {
  both = await startBoth({
    answers: [
      answering(metering.ingestUsage, (input) => {
        reported.push(...(input as { reports: unknown[] }).reports);
        return {
          ...outcome,
          refused: outcome.refused.map((each) => ({ source: '/s', id: 'i', detail: 'no', ...each })),
        };
      }),
    ],
  });
});
afterAll(() => both[Symbol.asyncDispose]());
beforeEach(() => {
  reported = [];
  outcome = { accepted: 1, duplicates: 0, refused: [] };
});

const deployment_id = '00000000-0000-4000-8000-000000000001';
const event = (fields: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id: 'e1',
  source: '/llm',
  type: 'example.usage',
  time: '2026-04-10T12:00:00Z',
  data: { deployment_id, kind: 'llm_input_tokens', quantity: 1000 },
  ...fields,
});

const post = (body: unknown, type = 'application/cloudevents+json') =>
  both.gateway.send('/api/v1/usage', { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': type } });

test('one CloudEvent becomes one report: its numbers as text, its time in UTC', async () => {
  const response = await post(event({ time: '2026-04-10T22:00:00+10:00', traceparent: 'kept by nobody' }));
  expect([response.status, await response.json()]).toEqual([200, { accepted: 1, duplicates: 0, refused: [] }]);
  expect(reported).toEqual([
    {
      source: '/llm',
      id: 'e1',
      form: 'usage',
      subject: null,
      deployment_id,
      kind: 'llm_input_tokens',
      time: '2026-04-10T12:00:00Z',
      quantity: '1000',
    },
  ]);
});

test('the last word of its type tells a reading', async () => {
  await post(event({ type: 'example.reading', subject: 'photos' }));
  expect(reported).toMatchObject([{ form: 'reading', subject: 'photos' }]);
});

test('of a batch each event stands for itself, and what is refused keeps its place', async () => {
  outcome = { accepted: 1, duplicates: 0, refused: [{ index: 1, reason: 'unknown-kind' }] };
  const { time: _, ...timeless } = event({ id: 'e2' });
  const response = await post([timeless, event(), event({ id: 'e3' })], 'application/cloudevents-batch+json');
  expect(response.status).toBe(207);
  const { accepted, refused } = (await response.json()) as Outcome;
  expect([accepted, refused.map(({ index, reason }) => [index, reason])]).toEqual([
    1,
    [
      [0, 'invalid-report'],
      [2, 'unknown-kind'],
    ],
  ]);
  expect(reported).toHaveLength(2);
});

test.each([
  ['id-reused', 409],
  ['unknown-deployment', 404],
  ['unknown-kind', 422],
  ['time-in-future', 422],
  ['period-closed', 422],
  ['hard-cap-reached', 422],
])('an event that is refused for %s is a problem of that type with status %i', async (reason, status) => {
  outcome = { accepted: 0, duplicates: 0, refused: [{ index: 0, reason }] };
  const problem = await problemIn(await post(event()));
  expect([problem.status, problem.type]).toEqual([status, `urn:arcadia:problem:${reason}`]);
});

test.each([
  ['a quantity that is no exact decimal', { data: { deployment_id, kind: 'bandwidth_gb', quantity: 1.5 } }],
  [
    'a tenant of its own choosing',
    { data: { deployment_id, kind: 'bandwidth_gb', quantity: '1', tenant_id: 'globex' } },
  ],
  ...['NaN', 'Infinity', '1e3', '', ' 1', '0x10', '9'.repeat(50), `0.${'1'.repeat(50)}`].map(
    (quantity) =>
      [`a quantity of "${quantity}"`, { data: { deployment_id, kind: 'bandwidth_gb', quantity } }] as [
        string,
        Record<string, unknown>,
      ],
  ),
  ['a day that does not exist', { time: '2026-02-30T00:00:00Z' }],
  ['another version of CloudEvents', { specversion: '0.3' }],
])('an event with %s never reaches metering', async (_, fields) => {
  expect((await problemIn(await post(event(fields)))).type).toBe('urn:arcadia:problem:invalid-report');
  expect(reported).toEqual([]);
});

test('a body of 12 MB is refused before it is read', async () => {
  const response = await post(event({ subject: 'x'.repeat(12 * 1024 * 1024) }));
  expect(response.status).toBe(413);
  expect(reported).toEqual([]);
});

test('a batch holds 1 to 1000 events', async () => {
  for (const size of [0, 1001]) expect((await post(Array.from({ length: size }, () => event()))).status).toBe(422);
  expect(reported).toEqual([]);
});

import { metering } from '@arcadia/contracts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answering, openStage, problemIn } from './stage.ts';

type Outcome = { accepted: number; duplicates: number; refused: { index: number; reason: string }[] };

let stage: Awaited<ReturnType<typeof openStage>>;
let received: unknown[] = [];
let outcome: Outcome;

beforeAll(async () => {
  stage = await openStage({
    answers: [
      answering(metering.ingestUsage, (input) => {
        received.push(...(input as { reports: unknown[] }).reports);
        return {
          ...outcome,
          refused: outcome.refused.map((each) => ({ source: '/s', id: 'i', detail: 'no', ...each })),
        };
      }),
    ],
  });
});
afterAll(() => stage[Symbol.asyncDispose]());
beforeEach(() => {
  received = [];
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
  stage.gateway.send('/api/v1/usage', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': type },
  });

test('POST /usage: one CloudEvent becomes one report with its quantity as text and its time in UTC', async () => {
  const response = await post(event({ time: '2026-04-10T22:00:00+10:00', traceparent: 'not stored' }));
  expect([response.status, await response.json()]).toEqual([200, { accepted: 1, duplicates: 0, refused: [] }]);
  expect(received).toEqual([
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

test('POST /usage: an event type that ends in reading is a reading', async () => {
  await post(event({ type: 'example.reading', subject: 'photos' }));
  expect(received).toMatchObject([{ form: 'reading', subject: 'photos' }]);
});

test('POST /usage: each event of a batch is accepted or refused alone, and a refused one keeps its index', async () => {
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
  expect(received).toHaveLength(2);
});

test('POST /usage: a batch of which no event is accepted is one problem that lists the reasons', async () => {
  outcome = {
    accepted: 0,
    duplicates: 0,
    refused: [
      { index: 0, reason: 'id-reused' },
      { index: 1, reason: 'unknown-kind' },
    ],
  };
  const body = await problemIn(await post([event(), event({ id: 'e2' })], 'application/cloudevents-batch+json'));
  expect(body).toMatchObject({
    status: 422,
    type: '/problems/batch-refused',
    refused: [{ reason: 'id-reused' }, { reason: 'unknown-kind' }],
  });
});

test.each([
  ['id-reused', 409],
  ['unknown-deployment', 422],
  ['unknown-kind', 422],
  ['time-in-future', 422],
  ['period-closed', 422],
  ['hard-cap-reached', 422],
  ['lowers-metered-usage', 422],
])('POST /usage: a single event refused as %s is a problem of that type with status %i', async (reason, status) => {
  outcome = { accepted: 0, duplicates: 0, refused: [{ index: 0, reason }] };
  const problem = await problemIn(await post(event()));
  expect([problem.status, problem.type]).toEqual([status, `/problems/${reason}`]);
});

test.each([
  ['a quantity that is no exact decimal', { data: { deployment_id, kind: 'bandwidth_gb', quantity: 1.5 } }],
  ['a tenant id in its data', { data: { deployment_id, kind: 'bandwidth_gb', quantity: '1', tenant_id: 'globex' } }],
  ...['NaN', 'Infinity', '1e3', '', ' 1', '0x10', '9'.repeat(50), `0.${'1'.repeat(50)}`].map(
    (quantity) =>
      [`a quantity of "${quantity}"`, { data: { deployment_id, kind: 'bandwidth_gb', quantity } }] as [
        string,
        Record<string, unknown>,
      ],
  ),
  ['a day that does not exist', { time: '2026-02-30T00:00:00Z' }],
  ['another version of CloudEvents', { specversion: '0.3' }],
])('POST /usage: an event with %s does not reach metering', async (_, fields) => {
  expect((await problemIn(await post(event(fields)))).type).toBe('/problems/invalid-report');
  expect(received).toEqual([]);
});

test('POST /usage: a body of 12 MB is refused before it is read', async () => {
  const response = await post(event({ subject: 'x'.repeat(12 * 1024 * 1024) }));
  expect(response.status).toBe(413);
  expect(received).toEqual([]);
});

test('POST /usage: a batch of 0 or of 1001 events is refused', async () => {
  for (const size of [0, 1001]) expect((await post(Array.from({ length: size }, () => event()))).status).toBe(422);
  expect(received).toEqual([]);
});

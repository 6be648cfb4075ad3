import { drift } from '@arcadia/contracts';
import { publishedEvents } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observed, openStage, provisioned } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const unknown = '99999999-9999-4999-8999-999999999999';

/** The open drift of each of these droplets. */
const driftOf = async (...numbers: number[]): Promise<string[]> => {
  await stage.provision(...numbers.map((number) => provisioned(number)));
  await stage.observe(...numbers.map((number) => observed(number)));
  return Promise.all(numbers.map(async (number) => (await stage.rows(number))[0]?.drift_id ?? ''));
};

const accepts = async (ids: readonly string[]) =>
  (await publishedEvents(stage.database, drift.driftAccepted)).filter(({ data }) => ids.includes(data.drift_id));

describe('drift: many drifts accepted at once', () => {
  it('are each answered on their own, published with the reason, and not published again by a repetition', async () => {
    const [first = '', second = '', reverting = ''] = await driftOf(1, 2, 3);
    await stage.get(drift.revertDrift, { drift_id: reverting, confirm: 'web-3' });
    const request = { drift_ids: [first, second, first, reverting, unknown], reason: 'resized for the sale' };
    const { results } = await stage.get(drift.acceptDrifts, request);
    expect(results.map(({ drift_id, outcome, refusal }) => [drift_id, outcome, refusal?.word])).toEqual([
      [first, 'requested', undefined],
      [second, 'requested', undefined],
      [reverting, 'refused', 'conflict'],
      [unknown, 'refused', 'not-found'],
    ]);
    const again = await stage.get(drift.acceptDrifts, { ...request, reason: 'another' });
    expect(again.results.map(({ outcome }) => outcome)).toEqual(['already', 'already', 'refused', 'refused']);
    const events = await accepts([first, second]);
    expect(events).toHaveLength(2);
    for (const { data } of events) {
      expect(drift.driftAccepted.data.parse(data)).toMatchObject({
        request: 1,
        requested_by: 'op',
        reason: 'resized for the sale',
        expected: 's-1vcpu-2gb',
        actual: 's-1vcpu-1gb',
      });
    }
    expect(await stage.get(drift.getDrift, { drift_id: first })).toMatchObject({
      reason: 'resized for the sale',
      requested: { action: 'accept', by: 'op' },
    });
  });

  it('are the same as one accepted alone, which keeps its reason after it was closed', async () => {
    const [drift_id = ''] = await driftOf(4);
    await stage.get(drift.acceptDrift, { drift_id, reason: 'agreed' });
    const reply = { drift_id, request: 1, outcome: 'accepted' as const, detail: null };
    await stage.provision(provisioned(4, { revision: 2, spec: { size_slug: 's-1vcpu-1gb' }, in_reply_to: reply }));
    expect(await stage.get(drift.getDrift, { drift_id })).toMatchObject({
      status: 'accepted',
      closed_by: 'op',
      reason: 'agreed',
    });
    const { results } = await stage.get(drift.acceptDrifts, { drift_ids: [drift_id] });
    expect(results).toMatchObject([{ outcome: 'already' }]);
    expect(await accepts([drift_id])).toMatchObject([{ data: { reason: 'agreed' } }]);
  });
});

describe('drift: many drifts ignored at once', () => {
  it('are each answered on their own, closed as stale, and keep the first rule', async () => {
    const [first = '', second = '', pending = ''] = await driftOf(11, 12, 13);
    await stage.get(drift.acceptDrift, { drift_id: pending });
    const request = { drift_ids: [first, second, pending, unknown], reason: 'autoscaler' };
    const { results } = await stage.get(drift.ignoreDrifts, request);
    expect(results.map(({ outcome, refusal }) => refusal?.word ?? outcome)).toEqual([
      'ignored',
      'ignored',
      'conflict',
      'not-found',
    ]);
    expect([...(await stage.rows(11)), ...(await stage.rows(12))]).toEqual([]);
    expect(await stage.rows(13)).toHaveLength(1);
    const again = await stage.get(drift.ignoreDrifts, { ...request, drift_ids: [first], reason: 'another' });
    expect(again.results).toMatchObject([{ outcome: 'already', rule_id: results[0]?.rule_id }]);
    const { items } = await stage.get(drift.listIgnored, {});
    expect(items.map(({ reason, ignored_by }) => [reason, ignored_by])).toEqual([
      ['autoscaler', 'op'],
      ['autoscaler', 'op'],
    ]);
    for (const { rule_id } of items) await stage.get(drift.stopIgnoring, { rule_id });
  });

  it('of one kind have one rule, which closes the drift of every resource of the kind', async () => {
    const [first = '', second = ''] = await driftOf(21, 22, 23);
    const { results } = await stage.get(drift.ignoreDrifts, {
      drift_ids: [first, second],
      scope: 'kind',
      reason: 'not ours',
    });
    expect(new Set(results.map(({ rule_id }) => rule_id)).size).toBe(1);
    expect(results.map(({ outcome }) => outcome)).toEqual(['ignored', 'ignored']);
    expect(await stage.rows(23)).toEqual([]);
  });
});

import { expect, test } from 'vitest';
import { lists } from './lists.ts';

test('every list sends only parameters that its request has', () => {
  const query = { from: '2026-04-01', to: '2026-04-02', state: 'overdue', deleted: 'true' };
  for (const [page, { contract, input }] of Object.entries(lists)) {
    const known = Object.keys((contract.input as unknown as { shape: object }).shape);
    const sent = Object.keys((input as (given: typeof query) => object)(query));
    expect([page, sent.filter((name) => !known.includes(name))]).toEqual([page, []]);
  }
});

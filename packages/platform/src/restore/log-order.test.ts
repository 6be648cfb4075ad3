import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Head, orderOf } from './log-order.ts';

const head = (seq: number, fields: Partial<Head> = {}): Head => ({
  ...{ seq, number: null, transaction: null, type: 'row.changed', part: null, continues: false },
  ...fields,
});

test('the changes of each row come in the order of the log, in whatever order the stream holds the messages', () => {
  // Writers take locks on rows one after the other, take a number for each change, and commit: what Postgres allows.
  const turn = fc.record({ writer: fc.nat({ max: 3 }), row: fc.nat({ max: 3 }), ends: fc.boolean() });
  const isStreamOrder = fc.infiniteStream(fc.nat());
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 60 }), isStreamOrder, (turns, dice) => {
      const locks = new Map<number, number>();
      const begun = new Map<number, number>();
      const changes: { number: number; row: number; transaction: string }[] = [];
      for (const [index, { writer, row, ends }] of turns.entries()) {
        if ((locks.get(row) ?? writer) === writer) {
          locks.set(row, writer);
          if (!begun.has(writer)) begun.set(writer, index);
          changes.push({ number: index + 1, row, transaction: `${writer}.${begun.get(writer)}` });
        }
        if (!ends) continue;
        begun.delete(writer);
        for (const [locked, by] of locks) if (by === writer) locks.delete(locked);
      }
      const heads = changes
        .map((change) => ({ change, place: dice.next().value as number }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ change }, index) => ({
          ...head(index + 1, { ...change, number: String(change.number) }),
          row: change.row,
        }));
      const bySeq = new Map(heads.map((each) => [each.seq, each]));
      const inOrder = orderOf(heads).sequences.map((seq) => bySeq.get(seq));
      for (const row of [0, 1, 2, 3]) {
        const numbers = inOrder.filter((each) => each?.row === row).map((each) => Number(each?.number));
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
      // No transaction stands within another one.
      const transactions = inOrder.map((each) => each?.transaction);
      const runs = transactions.filter((each, index) => each !== transactions[index - 1]);
      expect(runs.length).toBe(new Set(runs).size);
    }),
    { numRuns: 200, seed: 5 },
  );
});

test('messages without a number stay in the order of the stream, where they were', () => {
  const heads = [head(1), head(2, { number: '9' }), head(3), head(4, { number: '8' }), head(5)];
  expect(orderOf(heads)).toMatchObject({ sequences: [1, 4, 2, 3, 5], highest: '9' });
});

test('a transaction of which the stream holds only a beginning is withdrawn unless a whole event of it was published', () => {
  const of =
    (transaction: string) =>
    (seq: number, fields: Partial<Head> = {}) =>
      head(seq, { transaction, number: String(seq), ...fields });
  const event = { type: 'invoice.issued' };
  const [cut, divided, published, complete] = [of('cut'), of('divided'), of('published'), of('complete')];
  const order = orderOf([
    ...[cut(1), cut(2, { continues: true })],
    ...[divided(3), divided(4, { ...event, part: { id: 'a', of: 2 }, continues: true })],
    ...[published(5), published(6, { ...event, continues: true })],
    ...[complete(7, { continues: true }), complete(8), complete(9, event)],
  ]);
  expect([...order.withdrawn]).toEqual([1, 2, 3]);
  expect([...order.incomplete]).toEqual([6]);
});

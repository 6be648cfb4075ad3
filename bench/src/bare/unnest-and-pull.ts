import { AckPolicy, DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';

/**
 * The two bare limits of a consumer: rows into Postgres by `unnest` and ON CONFLICT, a thousand per transaction, without any
 * messages; and messages off a stream, a thousand per fetch, acknowledged and discarded. Imports none of our code.
 */
export async function openUnnest(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    'CREATE TABLE bare_rows (id text PRIMARY KEY, revision int NOT NULL, amount int NOT NULL, note text)',
  );
  return {
    /** Returns how long it took, in milliseconds. */
    async insert(options: { count: number; size: number; note: string; run: string }): Promise<number> {
      const started = performance.now();
      for (let from = 0; from < options.count; from += options.size) {
        const ids = Array.from({ length: options.size }, (_, index) => `${options.run}-${from + index}`);
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO bare_rows AS r SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::text[])
           ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, amount = excluded.amount, note = excluded.note
           WHERE excluded.revision > r.revision`,
          [ids, ids.map(() => 1), ids.map((_, index) => index), ids.map(() => options.note)],
        );
        await client.query('COMMIT');
      }
      return performance.now() - started;
    },
    /** The number of rows of both sides. */
    async count(): Promise<{ ours: number; bare: number }> {
      const found = await client.query(
        'SELECT (SELECT count(*)::int FROM rows) AS ours, (SELECT count(*)::int FROM bare_rows) AS bare',
      );
      return found.rows[0];
    },
    close: () => client.end(),
  };
}

export async function openPull(url: string, stream: string, filter: string) {
  const nc = await connect({ servers: [url] });
  const jsm = await jetstreamManager(nc);
  const js = jetstream(nc);
  return {
    /** Reads `count` messages from a sequence on; returns how long it took, in milliseconds. */
    async read(options: { from: number; count: number; size: number; run: string }): Promise<number> {
      await jsm.consumers.add(stream, {
        durable_name: `bare-${options.run}`,
        ack_policy: AckPolicy.Explicit,
        filter_subject: filter,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: options.from,
        max_ack_pending: 4 * options.size,
      });
      const consumer = await js.consumers.get(stream, `bare-${options.run}`);
      const started = performance.now();
      for (let read = 0; read < options.count; ) {
        const messages = await consumer.fetch({
          max_messages: Math.min(options.size, options.count - read),
          expires: 5_000,
        });
        let last: JsMsg | undefined;
        for await (const message of messages) {
          read += 1;
          message.json();
          last?.ack();
          last = message;
        }
        await last?.ackAck();
      }
      const ms = performance.now() - started;
      await jsm.consumers.delete(stream, `bare-${options.run}`);
      return ms;
    },
    close: () => nc.close(),
  };
}

import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { answerCalls } from '../answer-calls.ts';

/** A process that loads the main libraries of a service, opens a connection to both servers for each service, and does nothing else. */
answerCalls({
  async open({ databaseUrls, natsUrl }: { databaseUrls: string[]; natsUrl: string }) {
    await Promise.all(
      ['@nats-io/jetstream', 'kysely', 'hono', '@hono/node-server', 'jose', 'zod'].map((name) => import(name)),
    );
    await Promise.all(
      databaseUrls.map(async (connectionString) => {
        const client = new pg.Client({ connectionString });
        await client.connect();
        await client.query('SELECT 1');
        const connection = await connect({ servers: natsUrl });
        await connection.flush();
      }),
    );
  },
});

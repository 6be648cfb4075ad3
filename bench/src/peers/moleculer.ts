import { fork } from 'node:child_process';
import { once } from 'node:events';
import moleculer from 'moleculer';
import { answerCalls } from '../answer-calls.ts';
import { sendForSomeTime } from './sent-requests.ts';

/** Requests between two nodes of Moleculer over its NATS transporter with its defaults, parameters validated by its own validator. */
const openNode = (nodeID: string, natsUrl: string) =>
  new moleculer.ServiceBroker({ nodeID, transporter: { type: 'NATS', options: { url: natsUrl } }, logger: false });

if (process.argv[2] === 'server') {
  const broker = openNode('server', process.argv[3] ?? '');
  broker.createService({
    name: 'bench',
    actions: {
      echo: { params: { n: 'number' }, handler: (ctx: { params: { n: number } }) => ({ n: ctx.params.n }) },
    },
  });
  await broker.start();
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
} else {
  let broker: ReturnType<typeof openNode>;
  const requestOne = async (n: number): Promise<number> =>
    ((await broker.call('bench.echo', { n })) as { n: number }).n;
  answerCalls({
    async open({ natsUrl }: { natsUrl: string }) {
      await once(fork(import.meta.filename, ['server', natsUrl]), 'message');
      broker = openNode('client', natsUrl);
      await broker.start();
      await broker.waitForServices('bench');
    },
    request: ({ n }: { n: number }) => requestOne(n),
    run: (size: { atOnce: number; forMs: number }) => sendForSomeTime(size, requestOne),
  });
}

import type { JsMsg } from '@nats-io/jetstream';
import { acknowledge } from '../bus/acknowledge.ts';
import { inBatches } from '../kernel/in-batches.ts';
import { isInfrastructureError } from '../kernel/infrastructure-errors.ts';
import type { Runtime } from '../runtime.ts';
import { type Asked, type Claim, claimRuns, type RunKey, runText, settleDone } from './job-runs.ts';

/** Claims, settles and acknowledges the jobs of a queue; what several need at the same time goes in one statement or one confirmation. */
export type QueueBatches = {
  claim(asked: Asked): Promise<Claim>;
  done(run: RunKey): Promise<void>;
  acknowledge(message: JsMsg): Promise<boolean>;
};

export function queueBatches<DB, Config>(
  { db, bus, ctx }: Runtime<DB, Config>,
  most: number,
  stopping: AbortSignal,
): QueueBatches {
  const worker = ctx.instanceId;
  const common = { most, isForAll: isInfrastructureError };
  return {
    claim: inBatches({ ...common, key: runText, run: (asked: readonly Asked[]) => claimRuns(db, worker, asked) }),
    done: inBatches({
      ...common,
      key: runText,
      async run(runs: readonly RunKey[]) {
        await settleDone(db, worker, runs);
        return runs.map(() => undefined);
      },
    }),
    acknowledge: inBatches({
      ...common,
      key: ({ seq }: JsMsg) => String(seq),
      async run(messages) {
        const isConfirmed = await acknowledge(bus, messages, () => stopping.aborted);
        return messages.map(() => isConfirmed);
      },
    }),
  };
}

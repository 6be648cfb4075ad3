import { type EventContract, subjectFilter } from '@arcadia/contracts';
import type { Bus } from '../bus/nats.ts';
import type { LiveEvent } from '../kernel/definition.ts';

/** Calls `onEvent` for events as they are published, without a durable consumer: for live views that can fetch missed events. */
export function listen(bus: Bus, contracts: readonly EventContract[], onEvent: (event: LiveEvent) => void): () => void {
  const subscriptions = contracts.map((contract) =>
    bus.nc.subscribe(subjectFilter(contract), {
      callback: (error, message) => {
        // A request for acknowledgement or a batch's control message has no event id.
        const id = message?.headers?.get('ce-id');
        if (error !== null || !id) return;
        const isPart = (message.headers?.get('arcadia-part') ?? '') !== '';
        onEvent({
          id,
          type: contract.type,
          occurredAt: message.headers?.get('ce-time') ?? '',
          data: isPart ? null : message.json(),
        });
      },
    }),
  );
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}

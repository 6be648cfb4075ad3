import { type EventContract, subjectFilter } from '@arcadia/contracts';
import type { Bus } from '../bus/nats.ts';
import type { LiveEvent } from '../kernel/definition.ts';

/** Hears events as they pass, without a consumer: for readers who look at what is going on and can fetch what they missed. */
export function listen(bus: Bus, contracts: readonly EventContract[], hear: (event: LiveEvent) => void): () => void {
  const subscriptions = contracts.map((contract) =>
    bus.nc.subscribe(subjectFilter(contract), {
      callback: (error, message) => {
        // A request for acknowledgement or a batch's control message has no event id.
        const id = message?.headers?.get('ce-id');
        if (error !== null || !id) return;
        const isPart = (message.headers?.get('arcadia-part') ?? '') !== '';
        hear({
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

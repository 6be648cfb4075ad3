import { type RunningService, untilQuiet } from '@arcadia/platform';
import {
  startTestService,
  type TestNats,
  type TestService,
  type ThrowawayDatabase,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { type ShopTables, shop, type TillTables, till } from './echo-service.ts';

export const actor = { subject: 'someone', tenant_id: 'acme', roles: ['tenant' as const] };
export const operator = { subject: 'the operator', tenant_id: null, roles: ['platform_admin' as const] };

export type Stage = AsyncDisposable & {
  nats: TestNats;
  database: ThrowawayDatabase;
  shop: TestService<ShopTables, { greeting: string }>;
  till: TestService<TillTables, null>;
  settled(timeoutMs?: number): Promise<void>;
  bills(): Promise<TillTables['bills'][]>;
};

/** Starts both services on servers of their own. */
export async function openStage(options: { durable?: boolean } = {}): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  try {
    const nats = stack.use(await throwawayNats(options));
    const database = stack.use(await throwawayDatabase({ services: ['metering', 'invoicing'] }));
    const selling = stack.use(await startTestService(shop, { nats, database: { url: database.urlOf('metering') } }));
    const billing = stack.use(await startTestService(till, { nats, database: { url: database.urlOf('invoicing') } }));
    return {
      nats,
      database,
      shop: selling,
      till: billing,
      settled: (timeoutMs = 60_000) => untilQuiet([selling, billing], { timeoutMs }),
      bills: () => billing.context.db.selectFrom('bills').selectAll().orderBy('order_name').execute(),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** How many orders are on the stream, besides rows that the platform has captured. */
export async function ordersPublished({ bus }: Pick<RunningService, 'bus'>): Promise<number> {
  const { state } = await bus.jsm.streams.info('METERING', { subjects_filter: 'usage.reported.>' });
  return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
}

import type { ServiceContext, Tx } from '@arcadia/platform';
import type { Config } from './config.ts';
import type { Database } from './store/schema.ts';

export type BillingContext = ServiceContext<Database, Config>;
export type BillingTx = Tx<Database>;

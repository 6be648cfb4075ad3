import type { ServiceContext, Tx } from '@arcadia/platform';
import type { MeteringConfig } from './config.ts';
import type { MeteringTables } from './store/schema.ts';

export type MeteringContext = ServiceContext<MeteringTables, MeteringConfig>;
export type MeteringTx = Tx<MeteringTables>;

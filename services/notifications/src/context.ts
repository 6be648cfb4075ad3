import { forService, type Tx as PlatformTx, type ServiceContext, type TransactionContext } from '@arcadia/platform';
import type { Config } from './config.ts';
import type { Tables } from './store/schema.ts';

export type Context = ServiceContext<Tables, Config>;
/** The context of a handler that runs inside a transaction. */
export type CommandContext = TransactionContext<Tables, Config>;
export type Tx = PlatformTx<Tables>;

export const { defineService, answer, consumer, job } = forService<Tables, Config>();

import { forService, type Tx as PlatformTx, type ServiceContext, type TransactionContext } from '@arcadia/platform';
import type { Config } from './config.ts';
import type { Tables } from './store/schema.ts';

export type Context = ServiceContext<Tables, Config>;
export type CommandContext = TransactionContext<Tables, Config>;
export type Tx = PlatformTx<Tables>;

/** The makers of answers, consumers and jobs with this service's tables and config bound. */
export const { defineService, answer, answerUnmanaged, answerStream, consumer, job } = forService<Tables, Config>();

import type { RequestContract } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest, ServiceContext, Tx } from '@arcadia/platform';
import type { Config } from './config.ts';
import type { Database } from './store/schema.ts';

export type BillingContext = ServiceContext<Database, Config>;
export type BillingTx = Tx<Database>;
export type Read<Contract extends RequestContract> = ReadRequest<Contract>;
export type Command<Contract extends RequestContract> = CommandRequest<Contract, Database>;

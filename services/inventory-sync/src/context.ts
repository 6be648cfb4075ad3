import type { ServiceContext } from '@arcadia/platform';
import type { Config } from './config.ts';
import type { Database } from './store/schema.ts';

export type Context = ServiceContext<Database, Config>;

import { gateway } from '@arcadia/contracts';
import { consumeCommands } from './audit/consume-commands.ts';
import { consumer } from './context.ts';

/** The live feed reads events as they are published, without a durable consumer. */
export const consumers = [
  consumer({ name: 'audit', consumes: [gateway.commandAudited], dedupe: 'none', handle: consumeCommands }),
];

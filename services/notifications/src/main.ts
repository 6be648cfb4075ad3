import { runService } from '@arcadia/platform';
import { service } from './service.ts';
import { yieldToOthers } from './yield-to-others.ts';

yieldToOthers();
await runService(service);

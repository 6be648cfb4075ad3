import { runService } from '@arcadia/platform';
import { service } from './service.ts';

await runService(service);

import { describeSchema } from '@arcadia/testkit';
import { service } from '../src/service.ts';

describeSchema(service, import.meta.dirname);

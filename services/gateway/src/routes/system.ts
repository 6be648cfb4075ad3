import { gateway } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

const one = '/api/v1/dead-letters/{number}';

/** What runs in the services, what waits, and what failed for the last time. */
export const systemRoutes: readonly Route[] = [
  route('get', '/api/v1/system', gateway.getSystem),
  route('get', '/api/v1/jobs', gateway.listJobs),
  route('get', '/api/v1/dead-letters', gateway.listDeadLetters),
  route('get', one, gateway.getDeadLetter),
  route('post', `${one}/requeue`, gateway.requeueDeadLetter),
  route('delete', one, gateway.dismissDeadLetter),
];

import { metering } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const periodRoutes: readonly Route[] = [
  route('get', '/api/v1/periods', metering.listPeriods),
  route('get', '/api/v1/periods/{period}', metering.getPeriod),
  route('post', '/api/v1/periods/{period}/close', metering.closePeriod),
];

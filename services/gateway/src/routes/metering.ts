import { metering } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const meteringRoutes: readonly Route[] = [
  route('get', '/api/v1/metering/config', metering.getMeteringConfig),
  route('put', '/api/v1/metering/config', metering.putMeteringConfig),
  route('post', '/api/v1/metering/runs', metering.runMetering, { status: 202, location: '/api/v1/jobs?job=meter-day' }),
];

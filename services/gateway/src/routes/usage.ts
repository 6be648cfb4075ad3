import { metering } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const usageRoutes: readonly Route[] = [route('get', '/api/v1/usage', metering.listUsage)];

import { gateway } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

export const overviewRoutes: readonly Route[] = [route('get', '/api/v1/overview', gateway.getOverview)];

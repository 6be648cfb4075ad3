import { billingIngest } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

/** The bill beside the meter. */
export const reconciliationRoutes: readonly Route[] = [
  route('get', '/api/v1/reconciliation', billingIngest.getReconciliation),
];

import { billingIngest } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

/** The provider's invoice compared with metered usage. */
export const reconciliationRoutes: readonly Route[] = [
  route('get', '/api/v1/reconciliation', billingIngest.getReconciliation),
];

import type { Migration } from 'kysely/migration';
import * as deployments from './0001-deployments.ts';
import * as sagas from './0002-sagas.ts';
import * as resources from './0003-resources.ts';
import { tokenBudgets } from './0004-token-budgets.ts';
import * as tableComments from './0005-table-comments.ts';
import * as sagaWaits from './0006-saga-waits.ts';
import * as caps from './0007-caps.ts';
import * as orphans from './0008-orphans.ts';
import * as leftBehind from './0009-left-behind.ts';
import * as offboardedResources from './0010-offboarded-resources.ts';
import * as tenants from './0011-tenants.ts';
import * as billingKindPrices from './0012-billing-kind-prices.ts';

/** Appended to, never changed. */
export const migrations: Record<string, Migration> = {
  '0001-deployments': deployments,
  '0002-sagas': sagas,
  '0003-resources': resources,
  '0004-token-budgets': tokenBudgets,
  '0005-table-comments': tableComments,
  '0006-saga-waits': sagaWaits,
  '0007-caps': caps,
  '0008-orphans': orphans,
  '0009-left-behind': leftBehind,
  '0010-offboarded-resources': offboardedResources,
  '0011-tenants': tenants,
  '0012-billing-kind-prices': billingKindPrices,
};

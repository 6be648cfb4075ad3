import { invoicing } from '@arcadia/contracts';
import { fileRoute } from '../file-route.ts';
import { type Route, route } from '../route.ts';

/** Plans, addons and prices, and how tenants are billed. */
export const catalogRoutes: readonly Route[] = [
  route('get', '/api/v1/catalog/plans', invoicing.listPlans),
  route('post', '/api/v1/catalog/plans', invoicing.createPlan, {
    status: 201,
    location: '/api/v1/catalog/plans/{plan_code}',
  }),
  route('get', '/api/v1/catalog/plans/{plan_code}', invoicing.getPlan),
  route('put', '/api/v1/catalog/plans/{plan_code}', invoicing.putPlan),
  route('post', '/api/v1/catalog/plans/{plan_code}/versions', invoicing.createPlanVersion, {
    status: 201,
    location: '/api/v1/catalog/plans/{plan_code}/versions/{version}',
  }),
  route('get', '/api/v1/catalog/plans/{plan_code}/versions/{version}', invoicing.getPlanVersion),
  route('put', '/api/v1/catalog/plans/{plan_code}/versions/{version}', invoicing.updatePlanVersion),
  route('post', '/api/v1/catalog/plans/{plan_code}/versions/{version}/publish', invoicing.publishPlanVersion),
  route('post', '/api/v1/catalog/plans/{plan_code}/versions/{version}/retire', invoicing.retirePlanVersion),
  route('delete', '/api/v1/catalog/plans/{plan_code}/versions/{version}', invoicing.deletePlanVersion),
  route('get', '/api/v1/catalog/addons', invoicing.listAddons),
  route('get', '/api/v1/catalog/addons/{addon_code}', invoicing.getAddon),
  route('put', '/api/v1/catalog/addons/{addon_code}', invoicing.putAddon),
  route('get', '/api/v1/catalog/prices', invoicing.listPrices),
  route('get', '/api/v1/catalog/prices/{kind}', invoicing.getPrices),
  route('put', '/api/v1/catalog/prices/{kind}', invoicing.putPrice),
  route('get', '/api/v1/catalog/list-prices', invoicing.listListPrices),
  route('put', '/api/v1/catalog/list-prices', invoicing.putListPrices),
  route('get', '/api/v1/tenants', invoicing.listTenants),
  route('post', '/api/v1/tenants', invoicing.createTenant, { status: 201, location: '/api/v1/tenants/{tenant_id}' }),
  route('get', '/api/v1/receivables', invoicing.getReceivables),
  route('get', '/api/v1/tenants/{tenant_id}', invoicing.getTenant),
  fileRoute('/api/v1/tenants/{tenant_id}/statement.pdf', invoicing.getStatementPdf, { mediaType: 'application/pdf' }),
  route('get', '/api/v1/tenants/{tenant_id}/statement', invoicing.getStatement),
  route('get', '/api/v1/tenants/{tenant_id}/billing-profile', invoicing.getBillingProfile),
  route('put', '/api/v1/tenants/{tenant_id}/billing-profile', invoicing.putBillingProfile),
];

const terms = '/api/v1/tenants/{tenant_id}/terms';

/** The terms that tenants have of their own, and codes that give discounts. */
export const termRoutes: readonly Route[] = [
  route('get', '/api/v1/tenants/{tenant_id}/terms', invoicing.getTenantTerms),
  route('post', '/api/v1/tenants/{tenant_id}/discounts', invoicing.addDiscount, { status: 201, location: terms }),
  route('post', '/api/v1/tenants/{tenant_id}/price-overrides', invoicing.addPriceOverride, {
    status: 201,
    location: terms,
  }),
  route('post', '/api/v1/tenants/{tenant_id}/commitments', invoicing.addCommitment, { status: 201, location: terms }),
  route('post', '/api/v1/tenants/{tenant_id}/terms/{term_id}/end', invoicing.endTenantTerm),
  route('get', '/api/v1/tenants/{tenant_id}/prepaid-credits', invoicing.listPrepaidCredits),
  route('post', '/api/v1/tenants/{tenant_id}/prepaid-credits', invoicing.createPrepaidCredit, {
    status: 201,
    location: '/api/v1/tenants/{tenant_id}/prepaid-credits',
  }),
  route('get', '/api/v1/tenants/{tenant_id}/prepaid-credits/{credit_id}', invoicing.getPrepaidCredit),
  route('post', '/api/v1/tenants/{tenant_id}/prepaid-credits/{credit_id}/end', invoicing.endPrepaidCredit),
  route('get', '/api/v1/tenants/{tenant_id}/prepaid-ledger', invoicing.getPrepaidLedger),
  route('get', '/api/v1/discount-codes', invoicing.listDiscountCodes),
  route('post', '/api/v1/discount-codes', invoicing.createDiscountCode, {
    status: 201,
    location: '/api/v1/discount-codes/{code}',
  }),
  route('get', '/api/v1/discount-codes/{code}', invoicing.getDiscountCode),
  route('post', '/api/v1/discount-codes/{code}/end', invoicing.endDiscountCode),
  route('post', '/api/v1/discount-codes/{code}/redeem', invoicing.redeemDiscountCode, { status: 201, location: terms }),
];

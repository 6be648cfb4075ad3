import { invoicing } from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import type { Attempt } from '../html/form.ts';
import { html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { part, shown, valueOf } from '../html/part.ts';
import { type Addon, addonTable, comparison, type Plan } from '../html/plan-tables.ts';
import { section } from '../html/table.ts';
import { maySend } from '../permission.ts';
import { countOf } from '../words/names.ts';

import { newAddonForm, registerAddons } from './catalog-addons.ts';
import {
  listPriceForm,
  listPriceTable,
  priceForm,
  priceTable,
  registerCatalogPrices,
  replacedPrices,
} from './catalog-prices.ts';
import { codeTable, newCodeForm } from './discount-codes.ts';
import { newPlanForm, registerPlan } from './plan.ts';

/** The operator's catalog: plans with their versions side by side, addons and fallback prices. */
export const registerCatalog = (app: HttpApp): void => {
  app.get('/catalog', (c) => catalogPage(c, null));
  registerAddons(app, catalogPage);
  registerCatalogPrices(app, catalogPage);
  registerPlan(app, catalogPage);
};

export const catalogPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const [plans, addons, prices, replaced, listPrices, subscriptions, codes] = await Promise.all([
    part(api.list(invoicing.listPlans, {})),
    part(api.list(invoicing.listAddons, {})),
    part(api.list(invoicing.listPrices, {})),
    part(api.request(invoicing.listPrices, { is_replaced: true, limit: 100 })),
    part(api.request(invoicing.listListPrices, { limit: 100 })),
    part(api.request(invoicing.listSubscriptions, { limit: 200 })),
    part(api.list(invoicing.listDiscountCodes, {})),
  ]);
  const onPlan = (plan: Plan): string => {
    if (!('value' in subscriptions)) return 'not known at the moment';
    const count = subscriptions.value.items.filter(
      ({ plan_code, plan_version, status }) =>
        plan_code === plan.plan_code && plan_version === plan.version && status !== 'cancelled',
    ).length;
    return `${countOf(count, 'subscription')}${subscriptions.value.next_cursor === null ? '' : ' or more'}`;
  };
  return show(c, {
    title: 'Catalog',
    current: '/catalog',
    attempt,
    body: html`${section(
      'Plans',
      shown(
        plans,
        (items) =>
          html`${comparison(items as Plan[], [
            ['Status', ({ status }) => badge(status)],
            ['Subscribed', onPlan],
            [
              'Offered to',
              ({ offered_to }) =>
                offered_to === null ? 'everybody' : offered_to.length === 0 ? 'no tenant' : offered_to.join(', '),
            ],
            ...(maySend(invoicing.putPlan)
              ? [
                  [
                    'Next version',
                    ({ plan_code, status, name, version }: Plan) =>
                      status === 'active'
                        ? html`<a href="/catalog/plans/${plan_code}" aria-label="Change ${name}">Change</a>`
                        : status === 'draft'
                          ? html`<a href="/catalog/plans/${plan_code}/versions/${String(version)}" aria-label="Open the draft of ${name}">Open the draft</a>`
                          : '',
                  ] as const,
                ]
              : []),
          ])}${newPlanForm(attempt)}`,
      ),
    )}
${section(
  'Addons',
  shown(addons, (items) => html`${addonTable(items as Addon[], maySend(invoicing.putAddon))}${newAddonForm(attempt)}`),
  { id: 'addons' },
)}
${section(
  'Discount codes',
  shown(codes, (items) => html`${codeTable(items as never)}${newCodeForm(activePlans(valueOf(plans) ?? []), attempt)}`),
  { id: 'codes' },
)}
${section(
  'Prices of kinds that a plan does not price',
  shown(
    prices,
    (items) =>
      html`${priceTable(items as never)}${replacedPrices(valueOf(replaced)?.items ?? [])}${priceForm(attempt)}`,
  ),
  { id: 'prices' },
)}
${section(
  'List prices of the provider',
  shown(
    listPrices,
    ({ items, next_cursor }) => html`${listPriceTable(items, next_cursor === null)}${listPriceForm(attempt)}`,
  ),
  { id: 'list-prices' },
)}`,
  });
};

const activePlans = (plans: readonly unknown[]): Plan[] =>
  (plans as Plan[]).filter(({ status }) => status === 'active');

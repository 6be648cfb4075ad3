import { dayName, invoicing, type RequestOutput } from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import type { Attempt } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { part, shown, valueOf } from '../html/part.ts';
import { type Addon, addonTable, comparison, type Plan } from '../html/plan-tables.ts';
import { type Column, section, table } from '../html/table.ts';
import { maySend } from '../permission.ts';
import { quantityText, unitPriceText } from '../words/money.ts';
import { countOf, kindInWords, unitOfKind } from '../words/names.ts';
import { time } from '../words/time.ts';

import { codeTable, newCodeForm } from './discount-codes.ts';
import { newPlanForm, registerPlan } from './plan.ts';

type Price = RequestOutput<typeof invoicing.listPrices>['items'][number];

/** The operator's catalog: plans with their versions side by side, addons and fallback prices. */
export const registerCatalog = (app: HttpApp): void => {
  app.get('/catalog', (c) => catalogPage(c, null));
  registerPlan(app, catalogPage);
};

export const catalogPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const [plans, addons, prices, replaced, subscriptions, codes] = await Promise.all([
    part(api.list(invoicing.listPlans, {})),
    part(api.list(invoicing.listAddons, {})),
    part(api.list(invoicing.listPrices, {})),
    part(api.request(invoicing.listPrices, { is_replaced: true, limit: 100 })),
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
                    ({ plan_code, status, name }: Plan) =>
                      status === 'active'
                        ? html`<a href="/catalog/plans/${plan_code}" aria-label="Change ${name}">Change</a>`
                        : '',
                  ] as const,
                ]
              : []),
          ])}${newPlanForm(attempt)}`,
      ),
    )}
${section(
  'Addons',
  shown(addons, (items) => addonTable(items as Addon[])),
)}
${section(
  'Discount codes',
  shown(codes, (items) => html`${codeTable(items as never)}${newCodeForm(activePlans(valueOf(plans) ?? []), attempt)}`),
  { id: 'codes' },
)}
${section(
  'Prices of kinds that a plan does not price',
  shown(prices, (items) => html`${priceTable(items as Price[])}${replacedPrices(valueOf(replaced)?.items ?? [])}`),
)}`,
  });
};

const activePlans = (plans: readonly unknown[]): Plan[] =>
  (plans as Plan[]).filter(({ status }) => status === 'active');

/** The prices that others of the same day have replaced; nothing where there are none. */
const replacedPrices = (items: readonly Price[]): Html =>
  items.length === 0
    ? none
    : html`<details><summary>Replaced prices</summary>${table({
        caption: 'Fallback prices that were replaced, the latest first',
        empty: '',
        rows: items,
        columns: [
          ...priceColumns,
          {
            head: 'Replaced',
            cell: ({ replaced_by, replaced_at }) =>
              html`${replaced_at === null ? none : time(replaced_at)}<small>by ${replaced_by ?? ''}</small>`,
          },
        ],
      })}</details>`;

const priceTable = (items: readonly Price[]): Html =>
  table({ caption: 'Fallback prices', empty: 'There is no such price.', rows: items, columns: priceColumns });

const priceColumns: readonly Column<Price>[] = [
  { head: 'Kind', isName: true, cell: ({ kind }) => kindInWords(kind) },
  { head: 'From', cell: ({ valid_from }) => (valid_from === '2000-01-01' ? 'always' : dayName(valid_from)) },
  {
    head: 'Price',
    isFigure: true,
    cell: ({ unit_price_cents, overage_unit, currency, kind }) =>
      `${unitPriceText(unit_price_cents, currency)} for ${quantityText(overage_unit, unitOfKind(kind))}`,
  },
];

import type { invoicing, RequestOutput } from '@arcadia/contracts';
import { money, quantityText, shownQuantity, unitPriceText } from '../words/money.ts';
import { countOf, inWords, kindInWords, unitInWords, unitOfKind } from '../words/names.ts';
import { type Html, html, none } from './html.ts';
import { table } from './table.ts';

export type Plan = RequestOutput<typeof invoicing.listPlans>['items'][number];

export type Addon = RequestOutput<typeof invoicing.listAddons>['items'][number];

/** Plans side by side: one column for each version, one row for each kind. */
export const comparison = (
  plans: readonly Plan[],
  extra: readonly (readonly [head: string, cell: (plan: Plan) => Html | string])[],
): Html => {
  const kinds = [...new Set(plans.flatMap(({ items }) => items.map(({ kind }) => kind)))].toSorted();
  const rows: { head: string; cell: (plan: Plan) => Html | string }[] = [
    ...extra.map(([head, cell]) => ({ head, cell })),
    { head: 'Price of a month', cell: (plan) => html`<strong>${money(plan.base_price_cents, plan.currency)}</strong>` },
    { head: 'Part months', cell: ({ proration }) => (proration === 'daily' ? 'by days' : 'whole') },
    ...(plans.some(({ items }) => items.some(isPassing))
      ? [
          {
            head: 'The bill of the provider',
            cell: ({ items, provider_bill = 'wait' }: Plan) =>
              items.some(isPassing)
                ? { wait: 'the invoice waits for it', adjust: 'follows as an adjustment' }[provider_bill]
                : 'is not passed through',
          },
        ]
      : []),
    ...kinds.map((kind) => ({ head: kindInWords(kind), cell: (plan: Plan) => itemCell(plan, kind) })),
  ];
  return table({
    caption: 'Plans side by side',
    empty: 'There is no plan.',
    rows: plans.length === 0 ? [] : rows,
    columns: [
      { head: '', isName: true, cell: ({ head }) => head },
      ...plans.map((plan) => ({
        head: `${plan.name}, version ${plan.version}`,
        isFigure: true,
        cell: (row: (typeof rows)[number]) => row.cell(plan),
      })),
    ],
  });
};

const isPassing = ({ charge_model }: Plan['items'][number]): boolean => charge_model === 'pass_through';

/** What a plan includes of a kind and what more of it costs; a kind can have several items, each for some sizes. */
const itemCell = ({ items, currency }: Plan, kind: string): Html | string => {
  const own = items.filter((one) => one.kind === kind);
  if (own.length === 0) return 'by price list';
  return html`${own.map((item) => {
    const capped = item.hard_cap_qty === null ? '' : `, capped at ${shownQuantity(item.hard_cap_qty)}`;
    if (isPassing(item)) return html`<span>${beyondIncluded(item, currency)}</span>`;
    return html`<span>${quantityText(item.included_qty, unitOfKind(kind))}</span><small>${item.dimension === undefined ? none : html`for ${item.dimension}, `}${beyondIncluded(item, currency)}${capped}</small>`;
  })}`;
};

const beyondIncluded = (item: Plan['items'][number], currency: string): string => {
  const unit = unitInWords(unitOfKind(item.kind), item.overage_unit);
  const per = item.overage_unit === '1' ? ` per ${unit}` : ` for ${shownQuantity(item.overage_unit)} ${unit}`;
  if (isPassing(item)) return `the bill of the provider and ${item.mark_up_percent ?? '0'} %`;
  if (item.mark_up_percent !== undefined) return `then the provider’s price and ${item.mark_up_percent} %`;
  if (item.sizes !== undefined && item.sizes.length > 0) return `then by size, ${countOf(item.sizes.length, 'price')}`;
  if (item.tiers !== null)
    return `then ${countOf(item.tiers.length, 'tier')}, ${inWords(item.charge_model).toLowerCase()}`;
  if (item.overage_price_cents === null) return 'then by price list';
  return `then ${unitPriceText(item.overage_price_cents, currency)}${per}`;
};

export const addonTable = (items: readonly Addon[], isEditable = false): Html =>
  table({
    caption: 'Addons',
    empty: 'There is no addon.',
    rows: items,
    columns: [
      {
        head: 'Addon',
        isName: true,
        cell: ({ name, addon_code }) =>
          html`${isEditable ? html`<a href="/catalog/addons/${addon_code}">${name}</a>` : name}<small>${addon_code}</small>`,
      },
      {
        head: 'Adds',
        cell: ({ kind, qty }) => html`${quantityText(qty, unitOfKind(kind))}<small>${kindInWords(kind)}</small>`,
      },
      { head: 'On offer', cell: ({ is_offered }) => (is_offered ? 'yes' : 'no') },
      { head: 'A month', isFigure: true, cell: ({ price_cents, currency }) => money(price_cents, currency) },
    ],
  });

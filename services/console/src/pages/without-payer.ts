import { dayName, invoicing, monthName, type RequestOutput } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import { type Html, html, none } from '../html/html.ts';
import { tenantLink } from '../html/links.ts';
import { address } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { moneyOrUnknown, quantityText } from '../words/money.ts';
import { countOf, inSentence, inWords, kindInWords, unitOfKind } from '../words/names.ts';

type Answer = RequestOutput<typeof invoicing.listWithoutPayer>;
type Row = Answer['items'][number];

/** Rows that the page shows; the margin by deployment has all of them. */
const shownRows = 100;

export const readWithoutPayer = (api: Api, period: string): Promise<Answer> =>
  api.request(invoicing.listWithoutPayer, { period, limit: shownRows });

/** What ran without a subscription in a month, with its money; nothing where there is none. */
export const withoutPayerSection = (answer: Answer): Html => {
  const { items, period, totals, next_cursor } = answer;
  if (items.length === 0) return none;
  const more =
    next_cursor === null
      ? none
      : html`<p>These are the first ${String(shownRows)}. <a href="${address('/margin', { period, group_by: 'deployment' })}">Margin by deployment</a></p>`;
  return section(
    'Without a payer',
    html`<p class="sentence">${countOf(totals.deployments, 'deployment')} had no subscription in ${monthName(period)} while ${totals.deployments === 1 ? 'its' : 'their'} resources ran, so no tenant pays. Subscribe the deployment from the first of these days, or remove its resources.</p>
${withoutPayerTable(answer)}${more}`,
    { id: 'without-payer' },
  );
};

const withoutPayerTable = ({ items, currency, provider_currency, list_currency }: Answer): Html =>
  table<Row>({
    caption: 'What ran without a subscription',
    empty: 'Nothing ran without a subscription.',
    rows: items,
    columns: [
      {
        head: 'Deployment',
        isName: true,
        cell: ({ deployment_id, name, state }) =>
          html`<a href="/deployments/${deployment_id}">${name}</a><small>${inSentence(inWords(state))}</small>`,
      },
      { head: 'Tenant', cell: ({ tenant_id }) => tenantLink(tenant_id) },
      {
        head: 'Usage',
        cell: ({ kind, first_day, last_day }) =>
          html`${kindInWords(kind)}${first_day === null || last_day === null ? none : html`<small>${dayName(first_day)}${first_day === last_day ? '' : ` to ${dayName(last_day)}`}</small>`}`,
      },
      {
        head: 'Quantity',
        isFigure: true,
        cell: ({ qty, kind }) => (qty === null ? 'not metered' : quantityText(qty, unitOfKind(kind))),
      },
      {
        head: 'By list prices',
        isFigure: true,
        cell: ({ list_cost_cents }) => moneyOrUnknown(list_cost_cents, list_currency),
      },
      {
        head: 'On the bill',
        isFigure: true,
        cell: ({ cost_provider_cents, cost_cents }) =>
          html`${moneyOrUnknown(cost_provider_cents, provider_currency)}${cost_cents === null || currency === null || currency === provider_currency ? none : html`<small>${moneyOrUnknown(cost_cents, currency)}</small>`}`,
      },
    ],
  });

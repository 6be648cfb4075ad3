import { invoicing, monthName, type RequestOutput } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import { type Html, html, none } from '../html/html.ts';
import { deploymentLink } from '../html/links.ts';
import { part, shown } from '../html/part.ts';
import { section } from '../html/table.ts';
import { deploymentsOf } from '../names-of.ts';
import { moneyText } from '../words/money.ts';
import { inSentence, kindInWords } from '../words/names.ts';

type Margin = RequestOutput<typeof invoicing.getMargin>;
type Row = Margin['items'][number];

/** Reads why a tenant lost money in a month; empty where it lost none. */
export const lossReason = async (api: Api, { tenant, period }: { tenant: string; period: string }): Promise<Html> => {
  const reason = await part(readReason(api, { tenant, period }));
  return shown(reason, (sentence) => (sentence === null ? none : section('Why', sentence)));
};

const readReason = async (api: Api, { tenant, period }: { tenant: string; period: string }): Promise<Html | null> => {
  const [byDeployment, byKind] = await Promise.all([
    api.request(invoicing.getMargin, { period, tenant_id: tenant, group_by: 'deployment' }),
    api.request(invoicing.getMargin, { period, tenant_id: tenant, group_by: 'kind' }),
  ]);
  const { currency, totals } = byDeployment;
  if (currency === null || totals.margin_cents === null || totals.margin_cents >= 0) return null;
  const worst = lossesOf(byDeployment).find(({ deployment_id }) => deployment_id !== null);
  const kind = lossesOf(byKind).find((row) => row.kind !== null);
  const names = await deploymentsOf(api, [worst?.deployment_id ?? null]);
  const sides = (row: Row): string =>
    `brought in ${moneyText(row.revenue_cents, currency)} and cost ${moneyText(row.cost_cents ?? 0, currency)}`;
  return html`<p class="sentence">${tenant} lost ${moneyText(-totals.margin_cents, currency)} in ${monthName(period)}. ${
    worst === undefined
      ? none
      : html`The largest loss is ${deploymentLink(worst.deployment_id, names)}: it ${sides(worst)}. `
  }${kind === undefined ? none : html`Of all kinds of usage, ${inSentence(kindInWords(kind.kind ?? ''))} lost most: they ${sides(kind)}.`}</p>`;
};

/** The tenant's rows with a loss, also of what ran without a subscription, the largest first. */
const lossesOf = ({ items }: Margin): Row[] =>
  items.filter(
    ({ target, margin_cents }) => (target === 'customer' || target === 'without_payer') && (margin_cents ?? 0) < 0,
  );

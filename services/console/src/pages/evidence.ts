import { Decimal, dayName, invoicing, monthName, type RequestOutput } from '@arcadia/contracts';
import { type Api, ApiError } from '@arcadia/gateway-client';
import type { HttpApp, HttpContext } from '../context.ts';
import { type CountedDay, type CountedResource, evidenceSentence, evidenceTree, isEqual } from '../evidence-tree.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink } from '../html/links.ts';
import { facts, section, table } from '../html/table.ts';
import { deploymentsOf } from '../names-of.ts';
import {
  calculation,
  explanationOf,
  type Line,
  lineTitle,
  metaDecimal,
  overageSteps,
  priceSource,
  reasonOf,
  runsText,
} from '../words/line.ts';
import { grouped, money, moneyText, quantityText, shownQuantity, unitPriceText } from '../words/money.ts';
import { countOf, unitOfKind } from '../words/names.ts';
import { time } from '../words/time.ts';
import type { Invoice } from './invoice-commands.ts';
import { billSection, isPassedThrough, passedThroughLine } from './passed-through.ts';

type Evidence = RequestOutput<typeof invoicing.getLineEvidence>;
type Fact = Evidence['items'][number];

/** Resources whose days are on the page from the start; of more, one is opened at a time. */
const openResourcesAtMost = 6;

/** Why a line is on an invoice: one sentence, and below it every part of it, down to what was observed. */
export const registerEvidence = (app: HttpApp): void => {
  app.get('/invoices/:id/lines/:line', (c) => evidencePage(c));
};

const evidencePage = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const invoice = await api.request(invoicing.getInvoice, { invoice_id: c.req.param('id') ?? '' });
  const line = invoice.lines.find(({ line_id }) => line_id === c.req.param('line'));
  if (line === undefined) throw missingLine();
  const names = await deploymentsOf(api, [line.deployment_id]);
  const body = await bodyOf(c, invoice, line);
  return show(c, {
    title: lineTitle(line),
    current: '/invoices',
    crumbs: [
      ['Invoices', '/invoices'],
      [invoice.number ?? 'Draft', `/invoices/${invoice.invoice_id}`],
    ],
    lead: html`Why this line is on the invoice of ${monthName(invoice.period)}${line.deployment_id === null ? none : html`, deployment ${deploymentLink(line.deployment_id, names)}`}.`,
    body,
  });
};

const bodyOf = async (c: HttpContext, invoice: Invoice, line: Line): Promise<Html> => {
  if (line.kind === 'overage')
    return isPassedThrough(line) ? passedThroughLine(c.get('api'), invoice, line) : meteredLine(c, invoice, line);
  return isPassedThrough(line)
    ? html`${fixedLine(invoice, line)}${await billSection(c.get('api'), invoice, line)}`
    : fixedLine(invoice, line);
};

const missingLine = (): ApiError =>
  new ApiError('the invoice has no such line', {
    status: 404,
    type: '/problems/not-found',
    detail: 'This invoice has no such line.',
  });

/** A line without usage behind it: the reason and the calculation. */
const fixedLine = (invoice: Invoice, line: Line): Html => {
  const { currency } = invoice;
  const base = invoice.subtotal_cents;
  const sum =
    line.kind === 'tax'
      ? `${line.description} of ${moneyText(base, currency)} = ${moneyText(line.amount_cents, currency)}`
      : isExplained(line)
        ? `${explanationOf(line)}.`
        : `${calculation(line, currency)} = ${moneyText(line.amount_cents, currency)}`;
  return html`${section('In a sentence', html`<p class="sentence">${lineTitle(line)}: ${sum}</p><p>${reasonOf(line)}</p>${!isExplained(line) && explanationOf(line) !== '' ? html`<p>${explanationOf(line)}.</p>` : none}`)}
${section(
  'Terms',
  facts([
    ['Amount', money(line.amount_cents, currency)],
    line.kind === 'tax'
      ? ['Subtotal of the invoice', money(base, currency)]
      : ['Price', unitPriceText(line.unit_price_cents, currency)],
    runsText(line.meta['days']) === '' ? null : ['Days', runsText(line.meta['days'])],
    typeof line.meta['code'] === 'string' ? ['Code', line.meta['code']] : null,
    typeof line.meta['base_cents'] === 'number' ? ['Taken from', money(line.meta['base_cents'], currency)] : null,
    typeof line.meta['required_cents'] === 'number' ? ['Minimum', money(line.meta['required_cents'], currency)] : null,
    typeof line.meta['charged_cents'] === 'number' ? ['Charged', money(line.meta['charged_cents'], currency)] : null,
    typeof line.meta['old_cents'] === 'number' ? ['Invoiced before', money(line.meta['old_cents'], currency)] : null,
    typeof line.meta['new_cents'] === 'number' ? ['Correct amount', money(line.meta['new_cents'], currency)] : null,
    ['Line id', html`<span class="id">${line.line_id}</span>`],
  ]),
)}`;
};

/** Whether the rating put the whole calculation of the line into words. */
const isExplained = ({ kind }: Line): boolean => kind === 'discount' || kind === 'commitment' || kind === 'credit';

/** All facts behind a line. They are bounded by one deployment and the days of a month. */
const readFacts = async (
  api: Api,
  invoice: Invoice,
  line: Line,
): Promise<{ facts: Fact[]; hasObservations: boolean }> => {
  const items: Fact[] = [];
  let hasObservations = true;
  for (let cursor: string | undefined; ; ) {
    const page: Evidence = await api.request(invoicing.getLineEvidence, {
      invoice_id: invoice.invoice_id,
      line_id: line.line_id,
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items);
    hasObservations &&= page.has_observations;
    if (page.next_cursor === null) return { facts: items, hasObservations };
    cursor = page.next_cursor;
  }
};

const meteredLine = async (c: HttpContext, invoice: Invoice, line: Line): Promise<Html> => {
  const { facts: read, hasObservations } = await readFacts(c.get('api'), invoice, line);
  const tree = evidenceTree(line, read);
  const isAll = tree.resources.length <= openResourcesAtMost;
  const opened = c.req.query('resource');
  const address = `/invoices/${invoice.invoice_id}/lines/${line.line_id}`;
  const unit = unitOfKind(line.resource_kind ?? '') || line.unit;
  return html`${section('In a sentence', html`<p class="sentence">${evidenceSentence(line, tree, invoice)}</p>${hasObservations ? none : html`<p class="missing" role="status">Metering does not answer at the moment, so the observations behind the facts are missing here.</p>`}`)}
${section('1. The charge', html`${charge(invoice, line)}${explanationOf(line) === '' ? none : html`<p>${explanationOf(line)}.</p>`}`)}
${section(
  '2. The quantity used',
  html`<p>Each resource opens to its days, and each day to the observations that it was counted from.</p>
<div class="tree">${tree.resources.map((resource) => resourceBranch(resource, { unit, isShown: isAll || resource.id === opened, isOpen: resource.id === opened, address }))}
${sumLine(countOf(tree.resources.length, tree.resources.every(({ id }) => id === null) ? 'source' : 'resource'), tree.quantity, metaDecimal(line, 'used'), { unit, above: 'the quantity used' })}</div>`,
)}`;
};

const charge = (invoice: Invoice, line: Line): Html => {
  const { currency } = invoice;
  const { used, included, over, price } = overageSteps(line, currency);
  const tiers = Array.isArray(line.meta['tiers']) ? (line.meta['tiers'] as unknown as Tier[]) : [];
  const unit = unitOfKind(line.resource_kind ?? '') || line.unit;
  const rows: (readonly [string, Html | string, Html | string])[] = [
    ['Used in the month', '', used],
    ['Included in the plan and its addons', '', included],
    ['Above it', `${used} − ${included}`, over],
    ...(tiers.length > 0
      ? tiers.map(
          (tier) =>
            [
              tier.up_to === null ? 'The rest' : `Up to ${shownQuantity(tier.up_to)}`,
              `${quantityText(tier.qty, unit)} × ${unitPriceText(tier.unit_price_cents, currency)}`,
              '',
            ] as const,
        )
      : [['Price', `from ${priceSource(line)}`, price] as const]),
  ];
  return table({
    caption: 'How the amount comes about',
    empty: '',
    rows,
    columns: [
      { head: 'Step', isName: true, cell: ([name]) => name },
      { head: 'From', cell: ([, from]) => from },
      { head: 'Figure', isFigure: true, cell: ([, , figure]) => figure },
    ],
    total: ['Amount, rounded half up to whole cents', calculation(line, currency), money(line.amount_cents, currency)],
  });
};

type Tier = { up_to: string | null; qty: string; unit_price_cents: string };
type Branch = { unit: string; isShown: boolean; isOpen: boolean; address: string };

const resourceBranch = (resource: CountedResource, { unit, isShown, isOpen, address }: Branch): Html => {
  const name = resource.id === null ? html`${resource.name}` : resourceLink(resource.id, resource.name);
  const sum = html`<span class="sum">${quantityText(resource.quantity.toFixed(), unit)}</span>`;
  if (!isShown)
    return html`<p id="r-${resource.id}">${name}: ${sum} on ${countOf(resource.days.length, 'day')} · <a href="${address}?resource=${resource.id ?? ''}#r-${resource.id ?? ''}">Show its days</a></p>`;
  const days = sumOf(resource.days.map(({ quantity }) => quantity));
  return html`<details id="r-${resource.id}"${isOpen ? html` open` : none}><summary>${resource.name}: ${sum} from ${countOf(resource.days.length, 'fact')}</summary>
<p>${name} <span class="id">${resource.id ?? ''}</span></p>
${resource.days.map((day) => dayBranch(day, unit))}
${sumLine(countOf(resource.days.length, 'fact'), days, resource.quantity, { unit, above: resource.name })}</details>`;
};

const sumOf = (amounts: readonly Decimal[]): Decimal =>
  amounts.reduce((sum, amount) => sum.plus(amount), new Decimal(0));

const dayBranch = (day: CountedDay, unit: string): Html => {
  const { fact } = day;
  const span = fact.granularity === 'daily' ? dayName(fact.period_start.slice(0, 10)) : time(fact.period_start);
  return html`<details><summary>${span}: <span class="sum">${quantityText(day.quantity.toFixed(), unit)}</span></summary>
<p>${grouped(day.unitSeconds.toFixed())} unit-seconds ÷ ${grouped(day.divisor)} = ${quantityText(day.quantity.toFixed(), unit)}</p>
<p>Fact, revision ${fact.revision}: message ${fact.sequence.toLocaleString('en')} of the stream ${fact.stream} <span class="id">${fact.event_id}</span></p>
${
  day.observations.length === 0 && day.reports.length === 0
    ? none
    : html`<ul class="line">${day.observations.map(
        (seen) =>
          html`<li class="${seen.is_present ? 'good' : 'warn'}">From ${time(seen.effective_at)}: ${seen.is_present ? (seen.status ?? 'present') : 'deleted'}, counts ${shownQuantity(seen.units)}<small>Observed ${time(seen.observed_at)}, revision ${seen.revision}: message ${seen.sequence.toLocaleString('en')} of the stream ${seen.stream} <span class="id">${seen.event_id}</span></small></li>`,
      )}${day.reports.map(
        (report) =>
          html`<li class="good">${time(report.time)}: ${report.form === 'reading' ? 'size' : 'usage'} ${quantityText(report.quantity, unit)}${report.subject === null ? none : html` of ${report.subject}`}<small>Reported by ${report.source} as ${report.id}, accepted ${time(report.accepted_at)}</small></li>`,
      )}</ul>`
}</details>`;
};

/** The sum of a level, and whether it is the figure of the level above. */
const sumLine = (of: string, sum: Decimal, above: Decimal | null, options: { unit: string; above: string }): Html => {
  const shownSum = quantityText(sum.toFixed(), options.unit);
  if (above === null) return html`<p class="sum-line">Sum of ${of}: <span class="sum">${shownSum}</span></p>`;
  return isEqual(sum, above)
    ? html`<p class="sum-line">Sum of ${of}: ${shownSum} <span class="equal">✓ equals ${options.above}</span></p>`
    : html`<p class="sum-line">Sum of ${of}: ${shownSum} <span class="unequal">differs from ${options.above}, ${quantityText(above.toFixed(), options.unit)}</span></p>`;
};

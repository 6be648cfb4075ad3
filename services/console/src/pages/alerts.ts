import {
  currencyExponent,
  entityTag,
  formatMinor,
  invoicing,
  monthName,
  provisioning,
  type RequestOutput,
  usageKinds,
} from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { centsIn, handleForm, InvalidForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink } from '../html/links.ts';
import { pager } from '../html/list.ts';
import { part, shown } from '../html/part.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { grouped, unitPriceText } from '../words/money.ts';
import { kindInWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { listAside } from './list-files.ts';

type Alert = RequestOutput<typeof invoicing.listAlerts>['items'][number];

export const registerAlerts = (app: HttpApp): void => {
  app.get('/alerts', (c) => alertsPage(c, null));
  app.post('/alerts', (c) =>
    handleForm(c, {
      form: 'alert',
      run: (values, sending) => createAlert(c, values, sending),
      again: (attempt) => alertsPage(c, attempt),
      fieldOf: (pointer) =>
        pointer === '/deployment_id'
          ? 'deployment'
          : /amount_cents|value/.test(pointer)
            ? 'threshold'
            : pointer.slice(1),
    }),
  );
  app.post('/alerts/:id/delete', (c) =>
    handleForm(c, {
      form: 'delete',
      run: async (_, sending) => {
        await c.get('api').request(invoicing.deleteAlert, { alert_id: c.req.param('id') }, sending);
        return { to: '/alerts', text: 'The alert is deleted.' };
      },
      again: (attempt) => alertsPage(c, attempt),
    }),
  );
};

const createAlert = async (
  c: HttpContext,
  { deployment = '', basis = '', kind = '', threshold = '' }: Readonly<Record<string, string>>,
  sending: Sending,
) => {
  const common = { deployment_id: deployment, ...(kind === '' ? {} : { kind }) };
  if (basis === 'money') {
    const { tenant_id } = await c.get('api').request(provisioning.getDeployment, { deployment_id: deployment });
    const { currency } = await c.get('api').request(invoicing.getBillingProfile, { tenant_id });
    const amount_cents = centsIn(threshold, currencyExponent(currency));
    if (amount_cents === null || amount_cents < 1)
      throw new InvalidForm({
        threshold: `Enter an amount before tax in ${currency}, such as ${formatMinor(5000, currency)}.`,
      });
    await c.get('api').request(invoicing.createAlert, { ...common, basis, amount_cents }, sending);
  } else {
    if (!/^\d{1,6}(\.\d{1,6})?$/.test(threshold.trim()))
      throw new InvalidForm({ threshold: 'Enter a percentage, such as 80.' });
    if (kind === '') throw new InvalidForm({ kind: 'Choose the usage to watch.' });
    await c
      .get('api')
      .request(invoicing.createAlert, { ...common, basis: 'included_percent', value: threshold.trim() }, sending);
  }
  return { to: '/alerts', text: 'The alert is set.' };
};

const alertsPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const query = c.req.query();
  const page = await readList(c, '/alerts', { limit: 100 });
  const [names, deployments] = await Promise.all([
    deploymentsOf(
      api,
      page.items.map(({ deployment_id }) => deployment_id),
    ),
    part(api.request(provisioning.listDeployments, { limit: 200 })),
  ]);
  return show(c, {
    title: 'Alerts',
    current: '/alerts',
    lead: 'An alert notes once a month that the usage or the cost of a deployment has passed a threshold.',
    attempt,
    body: html`${section('Alerts', html`${alertTable(page.items, names, query)}${pager('/alerts', query, page.next_cursor)}`, { aside: listAside('/alerts', query, page) })}
${section(
  'New alert',
  shown(deployments, ({ items }) => newAlert(items, attempt)),
)}`,
  });
};

/** The threshold of an alert in words. */
export const thresholdOf = ({ basis, value, currency }: Alert): string =>
  basis === 'money'
    ? `${unitPriceText(value, currency)} a month before tax`
    : `${grouped(value)} % of the included quantity`;

const alertTable = (
  items: readonly Alert[],
  names: ReadonlyMap<string, Deployment>,
  query: Readonly<Record<string, string>>,
): Html =>
  table({
    sorting: { path: '/alerts', query },
    caption: 'Alerts with their latest crossings',
    empty: 'There is no alert.',
    rows: items,
    columns: [
      { head: 'Deployment', isName: true, cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      {
        head: 'Watches',
        sort: 'kind',
        cell: ({ kind }) => (kind === null ? 'Cost of the month' : kindInWords(kind)),
      },
      { head: 'Threshold', cell: (alert) => thresholdOf(alert) },
      {
        head: 'Crossed',
        cell: ({ crossed }) =>
          crossed.length === 0
            ? html`<span class="quiet">not yet</span>`
            : html`${crossed.slice(0, 3).map(({ period, crossed_at }) => html`<span>${monthName(period)}, ${time(crossed_at)}</span><br>`)}`,
      },
      {
        head: '',
        cell: (alert) =>
          form({
            name: `delete-${alert.alert_id}`,
            sends: invoicing.deleteAlert,
            action: `/alerts/${alert.alert_id}/delete`,
            version: entityTag(alert),
            fields: [],
            submit: 'Delete',
            attempt: null,
          }),
      },
    ],
  });

const newAlert = (
  deployments: RequestOutput<typeof provisioning.listDeployments>['items'],
  attempt: Attempt | null,
): Html =>
  deployments.length === 0
    ? html`<p class="empty">There is no deployment to watch.</p>`
    : disclosedForm(
        'Set an alert',
        {
          name: 'alert',
          sends: invoicing.createAlert,
          action: '/alerts',
          attempt,
          submit: 'Set the alert',
          fields: [
            {
              name: 'deployment',
              label: 'Deployment',
              kind: 'choice',
              choices: deployments.map(({ deployment_id, display_name }) => [deployment_id, display_name] as const),
            },
            {
              name: 'basis',
              label: 'Measured by',
              kind: 'choice',
              choices: [
                ['included_percent', 'Percentage of the included quantity'],
                ['money', 'Cost of the month'],
              ],
            },
            {
              name: 'kind',
              label: 'Usage',
              hint: 'Empty watches the cost of the whole deployment.',
              kind: 'choice',
              choices: [
                ['', 'The whole deployment'],
                ...Object.keys(usageKinds).map((kind) => [kind, kindInWords(kind)] as const),
              ],
            },
            {
              name: 'threshold',
              label: 'Threshold',
              hint: 'A percentage such as 80, or an amount before tax in the currency of the tenant, such as 50.00.',
              kind: 'number',
              isRequired: true,
            },
          ],
        },
        none,
      );

import {
  billingIngest,
  dayName,
  drift,
  gateway,
  inventorySync,
  invoicing,
  metering,
  provisioning,
  type RequestContract,
} from '@arcadia/contracts';
import { type Api, ApiError } from '@arcadia/gateway-client';
import type { HttpApp } from '../context.ts';
import { badge } from '../html/badge.ts';
import { html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { part, shown } from '../html/part.ts';
import { section, table } from '../html/table.ts';
import { inWords, kindInWords } from '../words/names.ts';
import { time, timeOr } from '../words/time.ts';

/** One cheap read of each service: whether it answers, and how fast. */
const probes: readonly (readonly [service: string, does: string, contract: RequestContract, input: object])[] = [
  ['gateway', 'The REST API', gateway.getCaller, {}],
  ['inventory-sync', 'What runs, and who owns it', inventorySync.listResources, { limit: 1 }],
  ['metering', 'How much was used', metering.listPeriods, { limit: 1 }],
  ['invoicing', 'What is charged, and why', invoicing.listInvoices, { limit: 1 }],
  ['billing-ingest', 'What the provider charged', billingIngest.listProviderInvoices, { limit: 1 }],
  ['provisioning', 'What should run', provisioning.listSagas, { limit: 1 }],
  ['drift', 'Where the two differ', drift.listDrift, { limit: 1 }],
];

type Probe = { service: string; does: string; milliseconds: number; fault: string | null };

export const registerSystem = (app: HttpApp): void => {
  app.get('/system', async (c) => {
    const api = c.get('api');
    const [answers, config, receivables] = await Promise.all([
      Promise.all(probes.map(([service, does, contract, input]) => probe(api, { service, does }, contract, input))),
      part(api.request(metering.getMeteringConfig, {})),
      part(api.request(invoicing.listReceivables, { status: 'pending', limit: 50 })),
    ]);
    return show(c, {
      title: 'System',
      current: '/system',
      body: html`${section(
        'Services',
        table<Probe>({
          caption: 'Services, each read once just now',
          empty: '',
          rows: answers,
          columns: [
            { head: 'Service', isName: true, cell: ({ service, does }) => html`${service}<small>${does}</small>` },
            {
              head: 'State',
              cell: ({ fault }) =>
                fault === null
                  ? badge('active', 'Answers')
                  : html`${badge('failed', 'Does not answer')}<small>${fault}</small>`,
            },
            { head: 'Took', isFigure: true, cell: ({ milliseconds }) => `${milliseconds} ms` },
          ],
        }),
        {
          aside: html`<span class="quiet">Lag, queues and jobs: <code>/health/ready</code> and <code>/metrics</code> of each service</span>`,
        },
      )}
${section(
  'On the way to the finance system',
  shown(receivables, ({ items }) =>
    table({
      caption: 'Documents that are not pushed yet',
      empty: 'Every document is pushed.',
      rows: items,
      columns: [
        { head: 'Document', isName: true, cell: ({ document, number }) => `${inWords(document)} ${number}` },
        { head: 'Tenant', cell: ({ tenant_id }) => html`<a href="/tenants/${tenant_id}">${tenant_id}</a>` },
        { head: 'Attempts', isFigure: true, cell: ({ attempts }) => String(attempts) },
        { head: 'Last error', cell: ({ last_error }) => last_error ?? '' },
      ],
    }),
  ),
)}
${section(
  'What is metered',
  shown(config, ({ items, upcoming }) =>
    table({
      caption: 'Kinds that are metered',
      empty: 'Nothing is metered.',
      rows: [...items, ...upcoming],
      columns: [
        { head: 'Kind', isName: true, cell: ({ kind }) => kindInWords(kind) },
        { head: 'Unit', cell: ({ unit }) => unit },
        { head: 'Facts by', cell: ({ granularity }) => (granularity === 'daily' ? 'day' : 'hour') },
        { head: 'Kept for', isFigure: true, cell: ({ retention_days }) => `${retention_days} days` },
        {
          head: 'State',
          cell: ({ is_enabled }) => (is_enabled ? badge('active', 'Metered') : badge('paused', 'Not metered')),
        },
        {
          head: 'From',
          cell: ({ effective_from }) => (effective_from <= '1970-01-02' ? 'the start' : dayName(effective_from)),
        },
        { head: 'Changed', cell: ({ changed_at }) => timeOr(changed_at, 'never') },
      ],
    }),
  ),
)}
<p class="quiet">Read ${time(Temporal.Now.instant().round('second').toString())} by the wall clock.</p>`,
    });
  });
};

const probe = async (
  api: Api,
  named: { service: string; does: string },
  contract: RequestContract,
  input: object,
): Promise<Probe> => {
  const started = performance.now();
  const took = (): number => Math.round(performance.now() - started);
  try {
    await api.request(contract, input);
    return { ...named, milliseconds: took(), fault: null };
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401)
      return { ...named, milliseconds: took(), fault: error.detail };
    throw error;
  }
};

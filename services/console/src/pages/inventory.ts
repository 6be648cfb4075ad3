import { inventorySync, provisioning, type RequestOutput, resourceKinds } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm, InvalidForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink, tenantLink } from '../html/links.ts';
import { address, emptyList, filters, pager } from '../html/list.ts';
import { part, shown } from '../html/part.ts';
import { runningWork } from '../html/running-work.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { maySend } from '../permission.ts';
import { countOf, inWords } from '../words/names.ts';
import { timeOr } from '../words/time.ts';
import { works } from '../work.ts';
import { attributionField, attributionFields, attributionIn } from './attribution.ts';
import { listAside } from './list-files.ts';

export type Resource = RequestOutput<typeof inventorySync.listResources>['items'][number];
type Sweep = RequestOutput<typeof inventorySync.getSync>['sweeps'][number];
type SyncState = RequestOutput<typeof inventorySync.getSyncState>;

export const kindChoices = Object.keys(resourceKinds).map((kind) => [kind, inWords(kind)] as const);

export const registerInventory = (app: HttpApp): void => {
  app.get('/inventory', (c) => inventoryPage(c));
  app.get('/inventory/unattributed', (c) => unattributedPage(c, null));
  app.post('/inventory/attribute', (c) =>
    handleForm(c, {
      form: 'attribute-many',
      run: (values, sending) => attributeMany(c, values, sending),
      again: (attempt) => unattributedPage(c, attempt),
      fieldOf: attributionField,
    }),
  );
  app.get('/inventory/syncs', (c) => syncsPage(c, null));
  app.post('/inventory/syncs', (c) =>
    handleForm(c, {
      form: 'sync',
      run: async (_, sending) => {
        const { sync_id } = await c.get('api').request(inventorySync.startSync, {}, sending);
        return {
          to: `/inventory/syncs?sync=${sync_id}`,
          text: 'A sync of every kind has started; this page follows it.',
        };
      },
      again: (attempt) => syncsPage(c, attempt),
    }),
  );
  app.post('/inventory/sweeps/:sweep/confirm', (c) =>
    handleForm(c, {
      form: 'confirm',
      run: async (_, sending) => {
        const sweep_id = c.req.param('sweep');
        const sweep = await c.get('api').request(inventorySync.confirmSweep, { sweep_id }, sending);
        return {
          to: '/inventory/syncs',
          text: `The listing is confirmed: ${countOf(sweep.missing, 'resource')} count as deleted.`,
        };
      },
      again: (attempt) => syncsPage(c, attempt),
    }),
  );
};

const inventoryPage = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const query = c.req.query();
  const page = await readList(c, '/inventory', { limit: 100 });
  const names = await deploymentsOf(
    api,
    page.items.map(({ owner }) => owner.deployment_id),
  );
  return show(c, {
    title: 'Inventory',
    current: '/inventory',
    lead: html`Every resource of the provider account. <a href="/inventory/unattributed">Without a deployment</a> · <a href="/inventory/syncs">Syncs</a>`,
    body: html`${filters(
      '/inventory',
      [
        { name: 'q', label: 'Name or provider id', placeholder: 'web-1' },
        { name: 'kind', label: 'Kind', choices: kindChoices },
        { name: 'tenant', label: 'Tenant', placeholder: 'id' },
        { name: 'deleted', label: 'Deleted', choices: [['true', 'Show deleted ones too']] },
      ],
      query,
    )}
${section('By kind and name', html`${resourceTable(page.items, names, query)}${pager('/inventory', query, page.next_cursor)}`, { aside: listAside('/inventory', query, page) })}`,
  });
};

/** Resources; without names, those of one deployment, which needs no column of its own. */
export const resourceTable = (
  items: readonly Resource[],
  names: ReadonlyMap<string, Deployment> | null,
  query: Readonly<Record<string, string>> | null = null,
): Html =>
  table({
    ...(query === null ? {} : { sorting: { path: '/inventory', query } }),
    caption: 'Resources',
    empty:
      query === null
        ? 'Nothing runs.'
        : emptyList(query, {
            filtered: 'No resource matches these filters.',
            unfiltered: 'No resource is known yet. Sync the provider account first, on the page Syncs above.',
          }),
    rows: items,
    columns: [
      {
        head: 'Name',
        isName: true,
        sort: 'name',
        cell: (row) =>
          html`${resourceLink(row.resource_id, row.name)}<small>${row.provider_id === row.name ? '' : row.provider_id}</small>`,
      },
      { head: 'Kind', sort: 'kind', cell: ({ kind }) => inWords(kind) },
      {
        head: 'State',
        cell: ({ is_present, status }) =>
          is_present ? (status === null ? badge('active', 'There') : badge(status)) : badge('archived', 'Deleted'),
      },
      { head: 'Region', cell: ({ region }) => region ?? '' },
      ...(names === null
        ? []
        : [
            { head: 'Deployment', cell: ({ owner }: Resource) => deploymentLink(owner.deployment_id, names) },
            { head: 'Tenant', cell: ({ owner }: Resource) => tenantLink(owner.tenant_id) },
          ]),
      { head: 'Last seen', sort: 'last_seen_at', cell: ({ last_seen_at }) => timeOr(last_seen_at, 'never') },
    ],
  });

const unattributedPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const query = c.req.query();
  const api = c.get('api');
  const [page, deployments] = await Promise.all([
    readList(c, '/inventory/unattributed', { limit: 100 }),
    part(api.request(provisioning.listDeployments, { limit: 200 })),
  ]);
  const chosen = new Set((attempt?.values['chosen'] ?? '').split(','));
  return show(c, {
    title: 'Resources of no deployment',
    current: '/inventory',
    crumbs: [['Inventory', '/inventory']],
    lead: `No tenant pays for these.${maySend(inventorySync.attributeResources) ? ' Tick those of one deployment and attribute them, now or from an instant in the past.' : ''}`,
    attempt,
    body: html`${filters('/inventory/unattributed', [{ name: 'kind', label: 'Kind', choices: kindChoices }], query)}
${section(
  'By kind and name',
  html`${table({
    caption: 'Resources attributed to no deployment',
    empty: 'Every resource belongs to a deployment.',
    rows: page.items,
    columns: [
      {
        head: '',
        cell: (row) =>
          !maySend(inventorySync.attributeResources)
            ? ''
            : html`<input type="checkbox" name="chosen" value="${row.resource_id}" form="form-attribute-many"${chosen.has(row.resource_id) ? html` checked` : none} aria-label="Choose ${row.name}">`,
      },
      {
        head: 'Name',
        isName: true,
        cell: (row) =>
          html`${resourceLink(row.resource_id, row.name)}<small>${row.provider_id === row.name ? '' : row.provider_id}</small>`,
      },
      { head: 'Kind', cell: ({ kind }) => inWords(kind) },
      { head: 'Project', cell: ({ owner }) => owner.project_name ?? '' },
      { head: 'First seen', cell: ({ first_seen_at }) => timeOr(first_seen_at, 'never') },
    ],
  })}${pager('/inventory/unattributed', query, page.next_cursor)}`,
  { aside: listAside('/inventory/unattributed', query, page) },
)}
${
  page.items.length === 0
    ? none
    : section(
        'Attribute the chosen ones',
        shown(deployments, ({ items }) =>
          form({
            name: 'attribute-many',
            sends: inventorySync.attributeResources,
            action: address('/inventory/attribute', { kind: query['kind'] }),
            submit: 'Attribute the chosen ones',
            attempt,
            fields: attributionFields(items),
          }),
        ),
      )
}`,
  });
};

const attributeMany = async (c: HttpContext, values: Values, sending: Sending) => {
  const to = address('/inventory/unattributed', { kind: c.req.query('kind') });
  const resource_ids = (values['chosen'] ?? '').split(',').filter(Boolean);
  if (resource_ids.length === 0) throw new InvalidForm({ chosen: 'tick the resources to attribute' });
  const attribution = { resource_ids, ...attributionIn(values) };
  const { results } = await c.get('api').request(inventorySync.attributeResources, attribution, sending);
  const refused = results.flatMap(({ refusal }) => (refusal === null ? [] : [refusal.detail]));
  const done = `The owner of ${countOf(results.length - refused.length, 'resource')} is changed`;
  return {
    to,
    text:
      refused.length === 0
        ? `${done}.`
        : `${done}; ${refused.length} refused: ${[...new Set(refused)].slice(0, 3).join(' ')}`,
  };
};

const syncsPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const { sync = '' } = c.req.query();
  const [state, work] = await Promise.all([api.request(inventorySync.getSyncState, {}), works.syncs(api, sync)]);
  const parked = state.kinds.flatMap(({ parked: sweep }) => (sweep === null ? [] : [sweep]));
  return show(c, {
    title: 'Syncs',
    live: ['inventory.swept', 'sweep.parked'],
    current: '/inventory',
    crumbs: [['Inventory', '/inventory']],
    beside: state.is_ok
      ? badge('complete', 'Every kind is in order')
      : badge('incomplete', 'Some kinds are not in order'),
    attempt,
    body: html`${runningWork(work, { name: 'syncs', about: sync, path: address('/inventory/syncs', { sync }) })}${parked.length === 0 ? none : section('Waiting for you', html`${parked.map((sweep) => parkedSweep(sweep, attempt))}`)}
${section('Kinds', kindTable(state), { id: 'kinds' })}
${section('Sync now', form({ name: 'sync', sends: inventorySync.startSync, action: '/inventory/syncs', fields: [], submit: 'Sync every kind', attempt }))}`,
  });
};

const parkedSweep = (sweep: Sweep, attempt: Attempt | null): Html => html`
<p>The listing of ${inWords(sweep.kind)} at ${timeOr(sweep.completed_at, 'an unknown time')} misses ${countOf(sweep.missing, 'known resource')}. Until you confirm it, or a later listing finds them, they count as there and are billed.</p>
${form({ name: 'confirm', sends: inventorySync.confirmSweep, action: `/inventory/sweeps/${sweep.sweep_id}/confirm`, fields: [], submit: 'Confirm: they are deleted', isDangerous: true, attempt })}`;

const kindTable = ({ kinds }: SyncState): Html =>
  table({
    caption: 'The newest listing of each kind',
    empty: 'Nothing has been listed yet.',
    rows: kinds,
    columns: [
      { head: 'Kind', isName: true, cell: ({ kind }) => inWords(kind) },
      {
        head: 'State',
        cell: ({ last, parked }) =>
          parked !== null ? badge('parked') : last === null ? badge('pending', 'Not yet') : badge(last.status),
      },
      { head: 'Last complete', cell: ({ last_complete_at }) => timeOr(last_complete_at, 'never') },
      {
        head: 'Listed',
        isFigure: true,
        cell: ({ last }) => last?.count?.toLocaleString('en') ?? '',
      },
      { head: 'New', isFigure: true, cell: ({ last }) => String(last?.discovered ?? '') },
      { head: 'Changed', isFigure: true, cell: ({ last }) => String(last?.changed ?? '') },
      { head: 'Missing', isFigure: true, cell: ({ last }) => String(last?.missing ?? '') },
      { head: 'Why', cell: ({ last }) => last?.detail ?? '' },
    ],
  });

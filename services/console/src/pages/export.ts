import { monthName, notifications } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { filters, pager } from '../html/list.ts';
import { part, shown, valueOf } from '../html/part.ts';
import { readAgain } from '../html/running-work.ts';
import { facts, section } from '../html/table.ts';
import { time, timeOr } from '../words/time.ts';
import {
  datasetInWords,
  type Export,
  exportBadge,
  exportFields,
  exportIn,
  exportWords,
  type Run,
  runStatuses,
  runTable,
} from './export-fields.ts';
import { registerExportRun } from './export-run.ts';
import { filled } from './invoices.ts';

/** One scheduled export: what became of its months, and everything that can be done with it. */
export const registerExport = (app: HttpApp): void => {
  registerExportRun(app);
  app.get('/exports/:id', (c) => exportPage(c, null));
  command(app, 'run', async (c, { period = '' }, sending) => {
    const input = { export_id: id(c), period: period.trim() };
    const run = await c.get('api').request(notifications.runScheduledExport, input, sending);
    return `${monthName(run.period)} is on its way to the bucket; the outcome appears among the runs below.`;
  });
  command(app, 'change', async (c, values, sending) => {
    await update(c, exportIn(values), sending);
    return 'The export is changed; runs that wait are tried at once with what is new.';
  });
  command(app, 'pause', async (c, _, sending) => {
    await update(c, { is_paused: true }, sending);
    return 'The export is paused: nothing is exported until it is continued.';
  });
  command(app, 'continue', async (c, _, sending) => {
    await update(c, { is_paused: false }, sending);
    return 'The export is continued. Months that were due while it was paused are not exported by themselves; export them here.';
  });
  app.post('/exports/:id/delete', (c) =>
    handleForm(c, {
      form: 'delete',
      run: async (_, sending) => {
        const { bucket } = await c
          .get('api')
          .request(notifications.deleteScheduledExport, { export_id: id(c) }, sending);
        return { to: '/exports', text: `The export to ${bucket} is deleted with its runs. Its objects stay.` };
      },
      again: (attempt) => exportPage(c, attempt),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';

const update = (c: HttpContext, given: object, sending: Sending): Promise<Export> =>
  c.get('api').request(notifications.updateScheduledExport, { export_id: id(c), ...given }, sending);

const command = (
  app: HttpApp,
  name: string,
  run: (c: HttpContext, values: Values, sending: Sending) => Promise<string>,
): void => {
  app.post(`/exports/:id/${name}`, (c) =>
    handleForm(c, {
      form: name,
      run: async (values, sending) => ({ to: `/exports/${id(c)}`, text: await run(c, values, sending) }),
      again: (attempt) => exportPage(c, attempt),
      fieldOfWord: exportWords,
    }),
  );
};

const exportPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const export_id = id(c);
  const query = c.req.query();
  const at = `/exports/${export_id}`;
  const [{ answer: found, version }, runs] = await Promise.all([
    api.read(notifications.getScheduledExport, { export_id }),
    part(
      api.request(notifications.listExportRuns, {
        export_id,
        limit: 50,
        ...filled({ status: query['status'], cursor: query['cursor'] }),
      } as never),
    ),
  ]);
  return show(c, {
    title: found.description === '' ? 'Scheduled export' : found.description,
    current: '/exports',
    crumbs: [['Scheduled exports', '/exports']],
    beside: exportBadge(found),
    lead: html`${datasetInWords(found)}, to <span class="long">${found.bucket}/${found.prefix}</span>.`,
    attempt,
    body: html`${section(
      'Runs, newest first',
      html`${filters(at, [{ name: 'status', label: 'Status', choices: runStatuses }], query)}${shown(runs, ({ items, next_cursor }) => html`${runTable(items)}${pager(at, query, next_cursor)}`)}${(valueOf(runs)?.items ?? []).some(isStarting) ? readAgain : none}${found.is_paused ? none : runForm(at, attempt)}`,
      { id: 'runs' },
    )}
${section(
  'About this export',
  facts([
    ['Rows of', found.tenant_id === null ? 'all tenants' : tenantLink(found.tenant_id)],
    ['Service', html`<span class="long">${found.endpoint_url}</span>, region ${found.region}`],
    ['Access key', html`<span class="id">${found.access_key}</span>`],
    ['After each close', found.is_after_close ? 'yes' : 'no'],
    ['By time', found.schedule === null ? 'never' : html`<code>${found.schedule}</code> in UTC`],
    ['Next by time', timeOr(found.next_run_at, 'none')],
    ['Made', html`${time(found.created_at)} by ${found.created_by}`],
    ['Id', html`<span class="id">${found.export_id}</span>`],
  ]),
)}
${section('Change', changeForms(c, found, { version, attempt }))}`,
  });
};

/** True for a run whose first attempt is about to end. */
const isStarting = ({ status, attempts }: Run): boolean => status === 'pending' && attempts === 0;

const runForm = (at: string, attempt: Attempt | null): Html =>
  disclosedForm('Export a month now', {
    name: 'run',
    sends: notifications.runScheduledExport,
    action: `${at}/run`,
    attempt,
    submit: 'Export it',
    fields: [{ name: 'period', label: 'Month', kind: 'month', hint: 'Such as 2026-04.', isRequired: true }],
  });

const changeForms = (
  c: HttpContext,
  found: Export,
  { version, attempt }: { version: string | null; attempt: Attempt | null },
): Html => {
  const at = `/exports/${found.export_id}`;
  const common = { version, attempt, fields: [] };
  const pause = { ...common, sends: notifications.updateScheduledExport };
  return html`${disclosedForm('Change the export', { ...common, name: 'change', sends: notifications.updateScheduledExport, action: `${at}/change`, submit: 'Save', fields: exportFields(c, found) })}${
    found.is_paused
      ? form({ ...pause, name: 'continue', action: `${at}/continue`, submit: 'Continue it' })
      : disclosedForm(
          'Pause it',
          { ...pause, name: 'pause', action: `${at}/pause`, submit: 'Pause it' },
          html`<p>Nothing is exported, by time or after a close, until it is continued.</p>`,
        )
  }${disclosedForm(
    'Delete it',
    {
      ...common,
      name: 'delete',
      sends: notifications.deleteScheduledExport,
      action: `${at}/delete`,
      submit: 'Delete the export',
      isDangerous: true,
    },
    html`<p>Its keys and its runs are deleted with it; the objects in the bucket stay. It cannot be undone.</p>`,
  )}`;
};

import { notifications } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { maySend } from '../permission.ts';
import { time, timeOr } from '../words/time.ts';
import { registerExport } from './export.ts';
import {
  datasetInWords,
  type Export,
  exportBadge,
  exportFields,
  exportWords,
  newExportIn,
  runBadge,
} from './export-fields.ts';
import { listAside } from './list-files.ts';
import { isOperator } from './webhook-fields.ts';

/** Scheduled exports to buckets: made here, each with its runs on its own page. */
export const registerExports = (app: HttpApp): void => {
  app.get('/exports', (c) => exportsPage(c, null));
  app.post('/exports', (c) =>
    handleForm(c, {
      form: 'export',
      run: async (values, sending) => {
        const { export_id } = await c
          .get('api')
          .request(notifications.createScheduledExport, newExportIn(c, values), sending);
        return { to: `/exports/${export_id}`, text: 'The export is made. Export a month now to see whether it works.' };
      },
      again: (attempt) => exportsPage(c, attempt),
      fieldOfWord: exportWords,
    }),
  );
  registerExport(app);
};

const exportsPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const query = c.req.query();
  const page = await readList(c, '/exports');
  return show(c, {
    title: 'Scheduled exports',
    current: '/exports',
    lead: 'Cost and usage as FOCUS files, put into a bucket of yours by time and after each close.',
    attempt,
    body: html`${section('Newest first', html`${exportTable(page.items, isOperator(c))}${pager('/exports', query, page.next_cursor)}`, { aside: listAside('/exports', query, page) })}
${disclosedForm('Create an export', {
  name: 'export',
  sends: notifications.createScheduledExport,
  action: '/exports',
  attempt,
  submit: 'Create the export',
  fields: exportFields(c, null),
})}`,
  });
};

const exportTable = (items: readonly Export[], isForOperator: boolean): Html =>
  table({
    caption: 'Scheduled exports, newest first',
    empty: `Nothing is exported to a bucket yet.${maySend(notifications.createScheduledExport) ? ' Create an export below to have each month put into one.' : ''}`,
    rows: items,
    columns: [
      {
        head: 'Bucket',
        isName: true,
        cell: ({ export_id, bucket, prefix, description }) =>
          html`<a href="/exports/${export_id}" class="long">${bucket}/${prefix}</a><small>${description}</small>`,
      },
      { head: 'Status', cell: exportBadge },
      { head: 'Rows', cell: datasetInWords },
      ...(isForOperator
        ? [
            {
              head: 'Of',
              cell: ({ tenant_id }: Export) => (tenant_id === null ? 'all tenants' : tenantLink(tenant_id)),
            },
          ]
        : []),
      {
        head: 'Newest run',
        cell: ({ last_run }) =>
          last_run === null
            ? html`<span class="quiet">none yet</span>`
            : html`${runBadge(last_run)}<small>${time(last_run.created_at)}</small>`,
      },
      { head: 'Next by time', cell: ({ next_run_at }) => timeOr(next_run_at, 'none') },
    ],
  });

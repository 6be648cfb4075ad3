import { monthName, notifications, type RequestOutput } from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { facts, section, table } from '../html/table.ts';
import { time } from '../words/time.ts';
import { outcomeOf, runBadge, sizeText } from './export-fields.ts';

type Attempts = RequestOutput<typeof notifications.getExportRun>['recent_attempts'];

/** One month of a scheduled export on its way to the bucket, with its attempts. */
export const registerExportRun = (app: HttpApp): void => {
  app.get('/exports/runs/:run', (c) => runPage(c));
};

const runPage = async (c: HttpContext): Promise<Response> => {
  const run = await c.get('api').request(notifications.getExportRun, { run_id: c.req.param('run') ?? '' });
  return show(c, {
    title: `Export of ${monthName(run.period)}`,
    current: '/exports',
    crumbs: [
      ['Scheduled exports', '/exports'],
      ['Export', `/exports/${run.export_id}`],
    ],
    beside: runBadge(run),
    lead: html`Started ${time(run.created_at)}.${run.next_attempt_at === null ? none : html` Next attempt ${time(run.next_attempt_at)}.`}`,
    body: html`${section('Attempts, newest first', attemptTable(run.recent_attempts))}
${section(
  'About this run',
  facts([
    ['Object', html`<span class="id">${run.object_key}</span>`],
    ['Size', run.bytes === null ? 'not delivered' : sizeText(run.bytes)],
    ['Attempts', String(run.attempts)],
    ['Id', html`<span class="id">${run.run_id}</span>`],
  ]),
)}`,
  });
};

const attemptTable = (items: Attempts): Html =>
  table({
    caption: 'Attempts to put the object into the bucket, newest first',
    empty: 'No attempt was made yet.',
    rows: items,
    columns: [
      { head: 'Attempt', isName: true, cell: ({ number }) => `Attempt ${number}` },
      { head: 'When', cell: ({ attempted_at }) => time(attempted_at) },
      { head: 'Outcome', cell: outcomeOf },
      { head: 'Took', isFigure: true, cell: ({ duration_ms }) => `${duration_ms.toLocaleString('en')} ms` },
    ],
  });

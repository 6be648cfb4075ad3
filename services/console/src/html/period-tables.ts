import type { invoicing, metering, RequestOutput } from '@arcadia/contracts';
import { senderInWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { badge } from './badge.ts';
import { type Html, html, none } from './html.ts';
import { table } from './table.ts';

type Period = RequestOutput<typeof metering.getPeriod>;
type Proofs = RequestOutput<typeof invoicing.listProofs>['items'];
type Replays = RequestOutput<typeof metering.listReplays>['items'];

export const closesOf = ({ closes }: Period): Html =>
  table({
    caption: 'Closes, each with the hash of all facts that it closes',
    empty: 'This month has not been closed.',
    rows: closes,
    columns: [
      {
        head: 'Close',
        isName: true,
        cell: ({ revision, is_forced }) => `Close ${revision}${is_forced ? ', forced' : ''}`,
      },
      {
        head: 'When',
        cell: ({ closed_at, closed_by }) => html`${time(closed_at)}<small>by ${senderInWords(closed_by)}</small>`,
      },
      { head: 'Facts', isFigure: true, cell: ({ facts }) => facts.toLocaleString('en') },
      { head: 'Hash', cell: ({ hash }) => html`<span class="id">${hash}</span>` },
      {
        head: 'Accepted faults',
        cell: ({ closed_over }) => (closed_over.length === 0 ? 'none' : closed_over.join('; ')),
      },
    ],
  });

export const proofTable = (items: Proofs): Html =>
  table({
    caption: 'Proofs, newest first',
    empty: 'This month has not been proved yet.',
    rows: items,
    columns: [
      {
        head: 'Started',
        isName: true,
        cell: ({ proof_id, started_at }) => html`<a href="/proofs/${proof_id}">${time(started_at)}</a>`,
      },
      {
        head: 'Result',
        cell: ({ status }) => badge(status),
      },
      { head: 'Tenants', isFigure: true, cell: ({ tenants }) => String(tenants) },
      { head: 'Differing', isFigure: true, cell: ({ differing }) => String(differing) },
      {
        head: 'By',
        cell: ({ asked_by, detail }) => html`${asked_by}${detail === null ? none : html`<small>${detail}</small>`}`,
      },
    ],
  });

export const replayTable = (items: Replays): Html =>
  table({
    caption: 'Replays, newest first',
    empty: 'This month has not been replayed yet.',
    rows: items,
    columns: [
      {
        head: 'Started',
        isName: true,
        cell: ({ replay_id, started_at }) => html`<a href="/replays/${replay_id}">${time(started_at)}</a>`,
      },
      {
        head: 'Result',
        cell: ({ status }) =>
          status === 'running'
            ? html`${badge(status)} <progress aria-label="The replay runs"></progress>`
            : badge(status),
      },
      { head: 'Observations', isFigure: true, cell: ({ observations }) => observations.toLocaleString('en') },
      { head: 'Lines', isFigure: true, cell: ({ lines }) => lines.toLocaleString('en') },
      { head: 'Differing', isFigure: true, cell: ({ differing }) => String(differing) },
      {
        head: 'By',
        cell: ({ asked_by, detail }) => html`${asked_by}${detail === null ? none : html`<small>${detail}</small>`}`,
      },
    ],
  });

import type { drift, provisioning, RequestOutput } from '@arcadia/contracts';
import { driftSentence, statusInWords } from '../words/drift.ts';
import { inSentence, inWords, sagaInWords, senderInWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { type Html, html } from './html.ts';

export type Entry = { at: string; tone: string; text: Html | string; note: string };

export const changeEntry = (event: RequestOutput<typeof provisioning.listDeploymentEvents>['items'][number]): Entry => {
  const what = {
    created: 'Created',
    transitioned: `${event.previous_state === null ? 'State' : inWords(event.previous_state)} → ${inWords(event.state)}`,
    updated: `Changed: ${Object.keys(event.changed)
      .map((name) => inWords(name))
      .join(', ')}`,
  }[event.change];
  return {
    at: event.effective_at,
    tone: event.change === 'transitioned' ? 'warn' : 'good',
    text: what,
    note: `by ${senderInWords(event.actor)}${event.reason === null ? '' : `: ${event.reason}`}`,
  };
};

export const sagaEntry = (saga: RequestOutput<typeof provisioning.listSagas>['items'][number]): Entry => ({
  at: saga.created_at,
  tone: saga.status === 'completed' ? 'good' : saga.status === 'failed' ? 'bad' : 'warn',
  text: html`<a href="/sagas/${saga.saga_id}">${sagaInWords(saga.kind)}</a>: ${inWords(saga.status)}`,
  note: `started by ${senderInWords(saga.started_by)}`,
});

export const driftEntries = (row: RequestOutput<typeof drift.listDrift>['items'][number]): Entry[] => [
  {
    at: row.detected_at,
    tone: 'bad',
    text: html`<a href="/drift/${row.drift_id}">Drift</a>: ${driftSentence(row)}`,
    note: '',
  },
  ...(row.closed_at === null
    ? []
    : [
        {
          at: row.closed_at,
          tone: 'good',
          text: html`<a href="/drift/${row.drift_id}">Drift</a>: ${inSentence(statusInWords(row.status))}`,
          note: `by ${senderInWords(row.closed_by ?? '')}`,
        },
      ]),
];

export const timeline = (entries: readonly Entry[]): Html =>
  entries.length === 0
    ? html`<p class="empty">Nothing has happened yet.</p>`
    : html`<ol class="line">${entries.map(({ at, tone, text, note }) => html`<li class="${tone}">${text}<small>${time(at)} ${note}</small></li>`)}</ol>`;

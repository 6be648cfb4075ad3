import { inWords } from '../words/names.ts';
import { type Html, html } from './html.ts';

type Tone = 'good' | 'warn' | 'bad' | 'calm';

/** How a status looks; every other status is calm. The word itself carries the meaning. */
const tones: Readonly<Record<string, Tone>> = {
  active: 'good',
  invoiced: 'good',
  paid: 'good',
  completed: 'good',
  closed: 'good',
  complete: 'good',
  confirmed: 'good',
  reconciled: 'good',
  proved: 'good',
  agrees: 'good',
  applied: 'good',
  pushed: 'good',
  accepted: 'good',
  reverted: 'good',
  running: 'warn',
  compensating: 'warn',
  pending: 'warn',
  waiting: 'warn',
  trial: 'warn',
  open: 'warn',
  past_due: 'warn',
  paused: 'warn',
  incomplete: 'warn',
  rolled_back: 'warn',
  overdue: 'bad',
  failed: 'bad',
  parked: 'bad',
  suspended: 'bad',
  unreconciled: 'bad',
  refused: 'bad',
  differs: 'bad',
  missing: 'bad',
};

/** A status as a word in a small frame. */
export const badge = (status: string, words = inWords(status)): Html =>
  html`<span class="badge ${tones[status] ?? 'calm'}">${words}</span>`;

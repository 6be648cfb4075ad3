import { drift } from '@arcadia/contracts';
import { acceptDrifts } from './accept-drifts.ts';
import { answer } from './context.ts';
import { ignoreDrifts } from './ignore-drifts.ts';
import { getIgnored, ignoreDrift, listIgnored, stopIgnoring } from './ignore-rules.ts';
import { getDrift, listDrift, summarizeDrift } from './read-drift.ts';
import { acceptDrift, revertDrift } from './request-outcome.ts';

export const answers = [
  answer(drift.listDrift, listDrift),
  answer(drift.getDrift, getDrift),
  answer(drift.summarizeDrift, summarizeDrift),
  answer(drift.acceptDrift, acceptDrift),
  answer(drift.acceptDrifts, acceptDrifts),
  answer(drift.revertDrift, revertDrift),
  answer(drift.ignoreDrift, ignoreDrift),
  answer(drift.ignoreDrifts, ignoreDrifts),
  answer(drift.listIgnored, listIgnored),
  answer(drift.getIgnored, getIgnored),
  answer(drift.stopIgnoring, stopIgnoring),
];

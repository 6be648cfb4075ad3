import { drift } from '@arcadia/contracts';
import { answer } from './context.ts';
import { ignoreDrift, listIgnored, stopIgnoring } from './ignore-rules.ts';
import { getDrift, listDrift } from './read-drift.ts';
import { acceptDrift, revertDrift } from './request-outcome.ts';

export const answers = [
  answer(drift.listDrift, listDrift),
  answer(drift.getDrift, getDrift),
  answer(drift.acceptDrift, acceptDrift),
  answer(drift.revertDrift, revertDrift),
  answer(drift.ignoreDrift, ignoreDrift),
  answer(drift.listIgnored, listIgnored),
  answer(drift.stopIgnoring, stopIgnoring),
];

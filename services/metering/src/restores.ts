import { metering } from '@arcadia/contracts';
import { restore } from './context.ts';
import { restoreCloses } from './periods/restore-closes.ts';
import { restoreReports } from './reports/restore-reports.ts';
import { restoreFacts } from './usage/restore-facts.ts';

export const restores = [
  restore(metering.usageReported, restoreReports),
  restore(metering.usageAccrued, restoreFacts),
  restore(metering.periodClosed, restoreCloses),
];

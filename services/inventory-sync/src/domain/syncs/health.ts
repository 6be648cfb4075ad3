import type { inventorySync } from '@arcadia/contracts';
import type { z } from 'zod';

export type SweepStatus = z.output<typeof inventorySync.sweepView>['status'];

/** Failed, incomplete and parked sweeps need an operator's attention. */
export const isWell = (status: SweepStatus): boolean =>
  status === 'complete' || status === 'confirmed' || status === 'running' || status === 'unavailable';

import { inventorySync } from '@arcadia/contracts';
import { restore } from './context.ts';
import { restoreObservations } from './resources/restore-inventory.ts';

export const restores = [restore(inventorySync.resourceObserved, restoreObservations)];

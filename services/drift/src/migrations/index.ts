import type { Migration } from 'kysely/migration';
import * as projections from './0001-projections.ts';
import * as drift from './0002-drift.ts';
import * as tableComments from './0003-table-comments.ts';
import * as unownedInDefaultProject from './0004-unowned-in-default-project.ts';
import * as reasonsAndImages from './0005-reasons-and-images.ts';
import * as listPrices from './0006-list-prices.ts';
import * as sizeShapes from './0007-size-shapes.ts';
import * as endedRules from './0008-ended-rules.ts';

/** Appended to, never changed. */
export const migrations: Record<string, Migration> = {
  '0001-projections': projections,
  '0002-drift': drift,
  '0003-table-comments': tableComments,
  '0004-unowned-in-default-project': unownedInDefaultProject,
  '0005-reasons-and-images': reasonsAndImages,
  '0006-list-prices': listPrices,
  '0007-size-shapes': sizeShapes,
  '0008-ended-rules': endedRules,
};

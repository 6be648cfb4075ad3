import type { Migration } from '@arcadia/platform';
import * as observations from './0001-observations.ts';
import * as usage from './0002-usage.ts';
import * as reports from './0003-reports.ts';
import * as periods from './0004-periods.ts';
import * as retention from './0005-retention.ts';
import * as readResources from './0006-read-resources.ts';
import * as replays from './0007-replays.ts';
import * as tableComments from './0008-table-comments.ts';
import * as dimensions from './0009-dimensions.ts';
import * as unknownUsage from './0010-unknown-usage.ts';

/** Appended, then frozen. */
export const migrations: Record<string, Migration> = {
  '0001-observations': observations,
  '0002-usage': usage,
  '0003-reports': reports,
  '0004-periods': periods,
  '0005-retention': retention,
  '0006-read-resources': readResources,
  '0007-replays': replays,
  '0008-table-comments': tableComments,
  '0009-dimensions': dimensions,
  '0010-unknown-usage': unknownUsage,
};

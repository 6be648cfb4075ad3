import type { Migration } from 'kysely/migration';
import * as apiKeys from './0001-api-keys.ts';
import * as auditLog from './0002-audit-log.ts';
import * as approvals from './0003-approvals.ts';
import * as rateCounts from './0004-rate-counts.ts';
import * as rotatedBy from './0005-rotated-by.ts';
import * as keyHolders from './0006-key-holders.ts';

/** Appended to, never changed. */
export const migrations: Record<string, Migration> = {
  '0001-api-keys': apiKeys,
  '0002-audit-log': auditLog,
  '0003-approvals': approvals,
  '0004-rate-counts': rateCounts,
  '0005-rotated-by': rotatedBy,
  '0006-key-holders': keyHolders,
};

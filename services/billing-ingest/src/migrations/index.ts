import type { Migration } from 'kysely/migration';
import { billing } from './0001-billing.ts';
import { tokenBudgets } from './0002-token-budgets.ts';
import { previewByKind } from './0003-preview-by-kind.ts';
import { deployments } from './0004-deployments.ts';
import * as tableComments from './0005-table-comments.ts';
import * as acceptedDifferences from './0006-accepted-differences.ts';
import * as ownersByProject from './0007-owners-by-project.ts';
import * as tenants from './0008-tenants.ts';
import * as ownedSpans from './0009-owned-spans.ts';
import * as replacedRows from './0010-replaced-rows.ts';
import * as compressedEvidence from './0011-compressed-evidence.ts';
import * as regionsOfResources from './0012-regions-of-resources.ts';

export const migrations: Record<string, Migration> = {
  '0001-billing': billing,
  '0002-token-budgets': tokenBudgets,
  '0003-preview-by-kind': previewByKind,
  '0004-deployments': deployments,
  '0005-table-comments': tableComments,
  '0006-accepted-differences': acceptedDifferences,
  '0007-owners-by-project': ownersByProject,
  '0008-tenants': tenants,
  '0009-owned-spans': ownedSpans,
  '0010-replaced-rows': replacedRows,
  '0011-compressed-evidence': compressedEvidence,
  '0012-regions-of-resources': regionsOfResources,
};

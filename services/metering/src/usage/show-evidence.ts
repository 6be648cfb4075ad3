import { isRefusal, type metering, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { tenantsOf } from '../store/deployments/deployments.ts';
import { factsWithEvidence } from '../store/usage/facts.ts';

/** Lists a deployment's facts, each with the observations (stream and sequence) or reports behind it. */
export async function showEvidence({ input, actor }: ReadRequest<typeof metering.showEvidence>, ctx: Context) {
  const after = readCursor(input.cursor, 4);
  if (isRefusal(after)) return after;
  const { deployment_id: deployment, kind, resource_id: resource, period, period_start: periodStart, limit } = input;
  const tenant = tenantScope(actor);
  const owner = (await tenantsOf(ctx.db, [deployment])).get(deployment);
  if (tenant !== null && owner !== tenant) return refuse('not-found', `Deployment ${deployment} does not exist.`);
  const rows = await factsWithEvidence(ctx.db, {
    deployment,
    tenant,
    ...(kind === undefined ? {} : { kind }),
    ...(resource === undefined ? {} : { resource }),
    ...(period === undefined ? {} : { period }),
    ...(periodStart === undefined ? {} : { periodStart }),
    limit: limit + 1,
    after,
  });
  if (rows.length === 0 && owner === undefined) return refuse('not-found', `Deployment ${deployment} does not exist.`);
  return cutPage(rows, {
    limit,
    keyOf: ({ period_start, kind: of, resource_id, dimension }) => [
      period_start,
      of,
      resource_id ?? '~',
      dimension ?? '',
    ],
    itemOf: (row) => row,
  });
}

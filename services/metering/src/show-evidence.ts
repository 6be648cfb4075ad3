import { type Actor, decodeCursor, type metering, type RequestInput, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage } from '@arcadia/platform';
import type { MeteringContext } from './context.ts';
import { tenantsOf } from './store/deployments.ts';
import { factsWithEvidence } from './store/facts.ts';

type Asked = { input: RequestInput<typeof metering.showEvidence>; actor: Actor };

/** The facts of a deployment, each with the observations (stream and sequence) or reports it rests on. */
export async function showEvidence({ input, actor }: Asked, ctx: MeteringContext) {
  const after = input.cursor === undefined ? null : decodeCursor(input.cursor, 3);
  if (input.cursor !== undefined && after === null)
    return refuse('invalid-cursor', 'that cursor was not given by this list');
  const { deployment, kind, resource, period, period_start: periodStart, limit } = input;
  const tenant = tenantScope(actor);
  const owner = (await tenantsOf(ctx.db, [deployment])).get(deployment);
  if (tenant !== null && owner !== tenant) return refuse('not-found', `there is no deployment ${deployment}`);
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
  if (rows.length === 0 && owner === undefined) return refuse('not-found', `there is no deployment ${deployment}`);
  return cutPage(rows, {
    limit,
    keyOf: ({ period_start, kind: of, resource_id }) => [period_start, of, resource_id ?? '~'],
    itemOf: (row) => row,
  });
}

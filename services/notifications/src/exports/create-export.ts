import { randomUUID } from 'node:crypto';
import { invoicing, isRefusal, type notifications, refuse, serviceActor, tenantScope } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import { networksOf } from '../clients/public-address.ts';
import { faultOfUrl } from '../clients/server-url.ts';
import type { CommandContext, Context } from '../context.ts';
import { seal } from '../notifications/sealing.ts';
import { countExports, insertExport, setTick } from '../store/scheduled-exports.ts';
import type { ScheduledExportRow, Tables } from '../store/schema.ts';
import { nextOf, refuseSchedule } from './schedule.ts';
import { exportView } from './show-exports.ts';

type Contract = typeof notifications.createScheduledExport;

/** Exports of one tenant, or of the operator. */
const mostExports = 20;

/** The refusal of a URL that nothing is exported to; null if it may be. Only the operator's own exports may go to the configured networks. */
export function refuseBucketUrl(
  { endpoint_url, tenant_id }: Pick<ScheduledExportRow, 'endpoint_url' | 'tenant_id'>,
  { config: { allowsLoopback, exportNetworks } }: Pick<CommandContext, 'config'>,
) {
  const networks = tenant_id === null ? networksOf(exportNetworks) : null;
  const fault = faultOfUrl(endpoint_url, { field: 'endpoint_url', allowsLoopback, networks });
  if (fault !== null) return refuse('url-not-allowed', fault);
  const { search, hash } = new URL(endpoint_url);
  if (search === '' && hash === '') return null;
  return refuse('url-not-allowed', '`endpoint_url` may not have a query; the bucket has a field of its own.');
}

/** An operator names a tenant that exists; a tenant names none but itself, and has no costs of the provider. */
async function refuseOwner({ input, actor }: ReadRequest<Contract>, ctx: Context) {
  const own = tenantScope(actor);
  if (own !== null && (input.tenant_id ?? own) !== own)
    return refuse('forbidden', `A tenant makes exports for itself only, not for ${input.tenant_id}.`);
  if (input.dataset === 'costs' && (own ?? input.tenant_id ?? null) !== null)
    return refuse('forbidden', 'What the provider charged is exported for the operator alone; use `charges`.');
  if (own !== null || input.tenant_id === undefined) return null;
  const { tenant_id } = input;
  const reply = await ctx.request(invoicing.getTenant, { tenant_id }, { actor: serviceActor('notifications') });
  if (!isRefusal(reply)) return null;
  const detail = `${reply.detail} A tenant is created first: POST /api/v1/tenants.`;
  return refuse('unknown-tenant', detail, { tenant_id, near: reply['near'] ?? [] });
}

async function create({ input, actor, tx }: CommandRequest<Contract, Tables>, ctx: CommandContext) {
  const { secret_access_key: secret, tenant_id: named, ...given } = input;
  const now = ctx.clock.now();
  const row: ScheduledExportRow = {
    ...given,
    export_id: randomUUID(),
    tenant_id: tenantScope(actor) ?? named ?? null,
    sealed: seal(secret, ctx.config.keys),
    is_paused: false,
    created_at: now.toString(),
    created_by: actor.subject,
  };
  const refused = refuseBucketUrl(row, ctx) ?? refuseSchedule(row.schedule, now);
  if (refused !== null) return refused;
  if ((await countExports(tx.sql, row.tenant_id)) >= mostExports)
    return refuse('too-many-exports', `There are ${mostExports} scheduled exports already; delete one first.`);
  await insertExport(tx.sql, row);
  const next = nextOf(row.schedule, now);
  await setTick(tx.sql, row.export_id, next);
  return exportView({ ...row, next_at: next?.toString() ?? null }, undefined);
}

/** Creates a scheduled export for a tenant or for the operator. */
export const createExport = { resolve: refuseOwner, handle: create };

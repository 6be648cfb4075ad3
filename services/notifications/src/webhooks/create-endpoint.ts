import { randomUUID } from 'node:crypto';
import { type Actor, invoicing, isRefusal, notifications, refuse, serviceActor, tenantScope } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import { faultOfUrl } from '../clients/server-url.ts';
import type { CommandContext, Context } from '../context.ts';
import { newSecret, seal } from '../notifications/sealing.ts';
import { countEndpoints, insertEndpoint, insertSecret } from '../store/endpoints.ts';
import type { Tables } from '../store/schema.ts';
import { shownEndpoint } from './show-endpoints.ts';

type Contract = typeof notifications.createWebhookEndpoint;

/** Endpoints of one tenant, or of the operator. */
const mostEndpoints = 50;

/** The refusal of a type that only the operator may subscribe to; null if there is none. */
export function refuseTypes(types: readonly string[], tenantId: string | null) {
  const refused = tenantId === null ? undefined : types.find(notifications.isOperatorNotification);
  if (refused === undefined) return null;
  return refuse('forbidden', `\`event_types\`: ${refused} is for the operator's own endpoints; leave it out.`);
}

/** The refusal of a URL that no webhook is posted to; null if it may be. */
export function refuseUrl(url: string, ctx: Pick<CommandContext, 'config'>) {
  const fault = faultOfUrl(url, ctx.config);
  return fault === null ? null : refuse('url-not-allowed', fault);
}

const tenantOf = (input: { tenant_id?: string | undefined }, actor: Actor): string | null =>
  tenantScope(actor) ?? input.tenant_id ?? null;

/** An operator names a tenant that exists. */
async function refuseTenant({ input, actor }: ReadRequest<Contract>, ctx: Context) {
  const own = tenantScope(actor);
  if (own !== null && (input.tenant_id ?? own) !== own)
    return refuse('forbidden', `A tenant makes endpoints for itself only, not for ${input.tenant_id}.`);
  if (own !== null || input.tenant_id === undefined) return null;
  const { tenant_id } = input;
  const reply = await ctx.request(invoicing.getTenant, { tenant_id }, { actor: serviceActor('notifications') });
  if (!isRefusal(reply)) return null;
  const detail = `${reply.detail} A tenant is created first: POST /api/v1/tenants.`;
  return refuse('unknown-tenant', detail, { tenant_id, near: reply['near'] ?? [] });
}

async function create({ input, actor, tx }: CommandRequest<Contract, Tables>, ctx: CommandContext) {
  const tenantId = tenantOf(input, actor);
  const refused = refuseTypes(input.event_types, tenantId) ?? refuseUrl(input.url, ctx);
  if (refused !== null) return refused;
  if ((await countEndpoints(tx.sql, tenantId)) >= mostEndpoints)
    return refuse('too-many-endpoints', `There are ${mostEndpoints} webhook endpoints already; delete one first.`);
  const now = ctx.clock.now();
  const endpointId = randomUUID();
  const row = {
    endpoint_id: endpointId,
    tenant_id: tenantId,
    url: input.url,
    description: input.description,
    event_types: [...new Set(input.event_types)],
    created_at: now.toString(),
    created_by: actor.subject,
    disabled_at: null,
    disabled_because: null,
  };
  await insertEndpoint(tx.sql, row);
  const secret = newSecret();
  await insertSecret(tx.sql, {
    secret_id: randomUUID(),
    endpoint_id: endpointId,
    sealed: seal(secret, ctx.config.keys),
    created_at: now.toString(),
    expires_at: null,
  });
  return { ...(await shownEndpoint(tx.sql, row, now)), secret };
}

/** Creates an endpoint for a tenant or for the operator. */
export const createEndpoint = { resolve: refuseTenant, handle: create };

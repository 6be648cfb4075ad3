import { isRefusal, provisioning, type Refusal, type RequestRefusal, refuse, resourceId } from '@arcadia/contracts';
import type { CommandRequest, ContractReply, ReadRequest } from '@arcadia/platform';
import { z } from 'zod';
import type { CommandContext, Context } from '../context.ts';
import { refuseUnknownProject } from '../deployments/refuse-unknown-bindings.ts';
import { isAtProvider, refuseUnknownOffers } from '../offers/refuse-unknown-offers.ts';
import { findDroplet } from '../store/resources/deployment-droplets.ts';
import type { Tables } from '../store/schema.ts';
import { beginSaga } from './begin-saga.ts';
import { sagaSummary } from './saga-views.ts';

/** The refusal of a region, size, image, project or droplet in the inputs that does not exist; null if all do, or are not known. */
export async function resolveNames(
  { input, signal }: ReadRequest<typeof provisioning.startSaga>,
  ctx: Context,
): Promise<RequestRefusal<typeof provisioning.startSaga> | null> {
  const given = namesOf(input.kind, input.inputs);
  return (
    (await refuseUnknownOffers(ctx, given, signal)) ??
    (await refuseUnknownProject(ctx, given.provider_project_id)) ??
    refuseUnknownDroplet(ctx, given.provider_id, signal)
  );
}

/** Inventory may not have found a droplet yet that the provider has. */
const refuseUnknownDroplet = async (
  ctx: Context,
  id: string | undefined,
  signal: AbortSignal,
): Promise<Refusal<'not-found'> | null> => {
  const isKnown = id === undefined || (await findDroplet(ctx.db, resourceId('digitalocean', 'droplet', id))) !== null;
  if (isKnown || (await isAtProvider(ctx, id, signal))) return null;
  return refuse('not-found', `The provider has no droplet ${id}.`);
};

/** What the inputs name at the provider; nothing where they are invalid, which is refused later. */
const namesOf = (kind: provisioning.SagaKind, inputs: unknown): z.output<typeof namedInputs> => {
  const parsed = provisioning.sagaInputs[kind].safeParse(inputs);
  return parsed.success ? namedInputs.parse(parsed.data) : {};
};

const namedInputs = z
  .object({
    region: z.string(),
    size_slug: z.string(),
    image: z.string(),
    provider_project_id: z.string(),
    provider_id: z.string(),
  })
  .partial();

/** Starts a saga that a person requests. */
export async function startSaga(
  { input, actor, tx }: CommandRequest<typeof provisioning.startSaga, Tables>,
  { clock }: CommandContext,
): ContractReply<typeof provisioning.startSaga> {
  const { kind, inputs } = input;
  const begin = { sagaId: crypto.randomUUID(), kind, inputs, startedBy: actor.subject, now: clock.now() };
  const saga = await beginSaga(tx, begin);
  return isRefusal(saga) ? saga : sagaSummary(saga, []);
}

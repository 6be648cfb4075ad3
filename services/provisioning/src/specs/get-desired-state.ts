import { type provisioning, refuse } from '@arcadia/contracts';
import type { ContractReply, ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { findDesiredState } from '../store/specs/desired-states.ts';
import { desiredStateView } from './desired-state-view.ts';

/** Gets the desired state of a resource. */
export async function getDesiredState(
  { input }: ReadRequest<typeof provisioning.getDesiredState>,
  ctx: Context,
): ContractReply<typeof provisioning.getDesiredState> {
  const found = await findDesiredState(ctx.db, input.resource_id);
  return found === null ? refuse('not-found', 'This resource has no desired state.') : desiredStateView(found);
}

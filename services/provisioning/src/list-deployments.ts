import {
  type Actor,
  decodeCursor,
  encodeCursor,
  type provisioning,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  tenantScope,
} from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import { viewOf } from './domain/deployment.ts';
import { invalidCursor } from './list-sagas.ts';
import { pageOfDeploymentEvents, pageOfDeployments } from './store/deployment-lists.ts';
import { findDeployment } from './store/deployments.ts';
import type { Schema } from './store/schema.ts';
import { noSuchDeployment } from './update-deployment.ts';

export async function listDeployments(
  db: Kysely<Schema>,
  input: RequestInput<typeof provisioning.listDeployments>,
  actor: Actor,
): Promise<RequestOutput<typeof provisioning.listDeployments> | Refusal> {
  const key = input.cursor === undefined ? null : decodeCursor(input.cursor, 2);
  if (key === null && input.cursor !== undefined) return invalidCursor();
  // A tenant that names another tenant's id sees what it always sees: its own.
  const rows = await pageOfDeployments(db, {
    tenantId: tenantScope(actor) ?? input.tenant ?? null,
    state: input.state,
    after: key === null ? null : [key[0] ?? '', key[1] ?? ''],
    limit: input.limit,
  });
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(viewOf),
    next_cursor: rows.length > input.limit && last !== undefined ? encodeCursor([last.slug, last.deployment_id]) : null,
  };
}

export async function listDeploymentEvents(
  db: Kysely<Schema>,
  input: RequestInput<typeof provisioning.listDeploymentEvents>,
  actor: Actor,
): Promise<RequestOutput<typeof provisioning.listDeploymentEvents> | Refusal> {
  const key = input.cursor === undefined ? null : decodeCursor(input.cursor, 1);
  if (key === null && input.cursor !== undefined) return invalidCursor();
  if ((await findDeployment(db, input.deployment_id, tenantScope(actor))) === null) return noSuchDeployment();
  const before = key === null ? null : Number(key[0]);
  const rows = await pageOfDeploymentEvents(db, { deploymentId: input.deployment_id, before, limit: input.limit });
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    items: shown,
    next_cursor: rows.length > input.limit && last !== undefined ? encodeCursor([last.revision]) : null,
  };
}

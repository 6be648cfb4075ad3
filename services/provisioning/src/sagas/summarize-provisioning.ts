import type { provisioning } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { countDeployments } from '../store/deployments/count-deployments.ts';
import { countUnfinishedSagas } from '../store/sagas/count-unfinished-sagas.ts';

export async function summarizeProvisioning(_: ReadRequest<typeof provisioning.summarizeProvisioning>, ctx: Context) {
  const [deployments, { running, failed }] = await Promise.all([
    countDeployments(ctx.db),
    countUnfinishedSagas(ctx.db),
  ]);
  return { deployments, sagas_running: running, sagas_failed: failed };
}

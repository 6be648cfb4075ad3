import type { HealthFact } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { failingExports } from '../store/export-health.ts';

/** Whether scheduled exports keep failing. A bucket that fails keeps the service from nothing else. */
export async function checkExports(ctx: Context): Promise<HealthFact> {
  const { failing, oldest } = await failingExports(ctx.db);
  if (oldest === null) return { ok: true, failing };
  const { export_id, tenant_id, bucket, period, failing_since, error } = oldest;
  const owner = tenant_id === null ? 'the operator' : `the tenant ${tenant_id}`;
  const example = `the export ${export_id} of ${owner} into the bucket ${bucket}, since ${failing_since} for ${period}: ${error}`;
  const warning =
    failing === 1 ? `a scheduled export fails: ${example}` : `${failing} scheduled exports fail, such as ${example}`;
  return { ok: true, failing, warning };
}

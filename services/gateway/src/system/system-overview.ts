import { serviceActor } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { getSystem } from './operate-system.ts';

/** How long a state of the system is shown again without asking the services, in milliseconds: the health page is read often. */
const freshMs = 2_000;
const remembered = new WeakMap<Context, { until: number; state: Promise<Record<string, unknown>> }>();

/** The state of all services for the health page: each check, what is wrong, and what to do. */
export function systemOverview(ctx: Context): Promise<Record<string, unknown>> {
  const known = remembered.get(ctx);
  if (known !== undefined && known.until > performance.now()) return known.state;
  const state = read(ctx);
  state.catch(() => remembered.delete(ctx));
  remembered.set(ctx, { until: performance.now() + freshMs, state });
  return state;
}

async function read(ctx: Context): Promise<Record<string, unknown>> {
  const request = { input: {}, actor: serviceActor('gateway'), signal: AbortSignal.timeout(10_000), traceparent: null };
  const { services } = await getSystem(request, ctx);
  return { ok: services.every(({ status }) => status === 'ready'), services };
}

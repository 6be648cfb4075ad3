import { setTimeout as wait } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import { type Env, refuse, type SimulatorContext } from './answers.ts';
import type { Fault } from './world-faults.ts';
import { milliseconds } from './world-fields.ts';

/** Applies the world's scripted faults. Each fault counts its own requests; a request gets the first fault that is due. */
export function misbehave(faults: readonly Fault[], stopping: AbortSignal): MiddlewareHandler<Env> {
  const scripted = faults.map((fault) => ({
    fault,
    path: new RegExp(fault.match.path),
    from: fault.from === undefined ? Number.NEGATIVE_INFINITY : milliseconds(fault.from),
    until: fault.until === undefined ? Number.POSITIVE_INFINITY : milliseconds(fault.until),
    matched: 0,
  }));
  const dueFor = (c: SimulatorContext): Fault | undefined => {
    const url = new URL(c.req.url);
    for (const script of scripted) {
      const { method } = script.fault.match;
      if (method !== undefined && method.toUpperCase() !== c.req.method) continue;
      if (!script.path.test(url.pathname + url.search)) continue;
      if (c.get('now') < script.from || c.get('now') >= script.until) continue;
      script.matched += 1;
      const number = script.matched - script.fault.skip;
      if (number >= 1 && number <= (script.fault.times ?? Number.POSITIVE_INFINITY)) return script.fault;
    }
    return undefined;
  };
  return async (c, next) => {
    const fault = dueFor(c);
    if (fault === undefined) return next();
    c.set('fault', fault);
    const instead = await answerInstead(c, fault, stopping);
    if (instead !== undefined) return instead;
    if (fault.kind === '500-before-effect') c.set('now', c.get('now') + fault.seconds * 1000);
    await next();
    await spoil(c, fault);
  };
}

/** Faults before the request is handled. */
async function answerInstead(c: SimulatorContext, fault: Fault, stopping: AbortSignal): Promise<Response | undefined> {
  switch (fault.kind) {
    case '429': {
      const answer = refuse(c, 'too_many_requests');
      if (fault.retry_after !== undefined) answer.headers.set('retry-after', String(fault.retry_after));
      return answer;
    }
    case '500':
      return c.json(
        { id: 'server_error', message: 'Unexpected server-side error', request_id: c.get('requestId') },
        (fault.status ?? 500) as 500,
      );
    case 'refused':
      return refuseForNow(c, fault);
    case 'html':
      return c.html('<html><body><h1>Service Unavailable</h1></body></html>', (fault.status ?? 503) as 503);
    case 'hang':
      await wait(fault.seconds * 1000, undefined, {
        signal: AbortSignal.any([stopping, c.req.raw.signal]),
        ref: false,
      }).catch(() => undefined);
      return refuse(c, 'server_error');
    case 'reset':
      disconnect(c);
      return refuse(c, 'server_error');
    default:
      return undefined;
  }
}

const idOfStatus: Readonly<Record<number, string>> = { 409: 'conflict', 412: 'precondition_failed', 423: 'locked' };

/** A refusal as for a droplet on which another event runs, without effect. */
function refuseForNow(c: SimulatorContext, { status = 422, message }: Fault): Response {
  const id = idOfStatus[status] ?? 'unprocessable_entity';
  const text = message ?? 'Droplet already has a pending event.';
  return c.json({ id, message: text, request_id: c.get('requestId') }, status as 422);
}

/** Faults of the response, after the request took effect. */
async function spoil(c: SimulatorContext, fault: Fault): Promise<void> {
  if (fault.kind === '500-after-effect' || fault.kind === '500-before-effect') {
    c.res = undefined;
    c.res = refuse(c, 'server_error');
  } else if (fault.kind === 'empty-200') {
    c.res = new Response('', { status: 200, headers: { 'content-type': 'application/json' } });
  } else if (fault.kind === 'truncated-json') {
    const text = await c.res.text();
    c.res = new Response(text.slice(0, Math.floor(text.length / 2)), {
      status: c.res.status,
      headers: { 'content-type': 'application/json' },
    });
  }
}

function disconnect(c: SimulatorContext): void {
  const { incoming } = c.env as { incoming?: { socket: { destroy(): void } } };
  incoming?.socket.destroy();
}

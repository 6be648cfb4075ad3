import { isRefusal, type RequestContract } from '@arcadia/contracts';
import type { HttpBindings } from '@hono/node-server';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import { admit } from './admit.ts';
import type { Context, HttpApp } from './context.ts';
import { describe, parameterNames, problemResponses } from './operation.ts';
import { problemOfIssues, problemOfRefusal } from './problems/problem.ts';
import { divided, downloadDeadlineMs, objectInput, type Route } from './route.ts';
import { createSlots } from './slots.ts';
import { type Tag, tagOf } from './tags.ts';

/** Downloads open at the same time at one replica. */
const downloadsAtMost = 200;
const stalledMs = 60_000;
/** The trailer with which a file ends that is whole: its bytes, before any compression. */
const lengthTrailer = 'X-File-Bytes';

/** What the answering service sends before the first chunk of a file. */
const fileHead = z.object({ media_type: z.string(), file_name: z.string() });

/**
 * A route that answers with a file. The file travels in chunks and is never held here as a whole. The answering service's
 * head is `{ media_type, file_name }`. The path may end in an extension: `/api/v1/invoices/{invoice_id}.pdf`. The input
 * comes from path and query.
 */
export const fileRoute = (
  path: string,
  contract: RequestContract,
  options: { mediaType: string; tag?: Tag },
): Route => {
  const described = {
    ...{ method: 'get' as const, path, contract, tag: options.tag ?? tagOf(path) },
    problems: ['too-many-open'] as const,
  };
  const register = (app: HttpApp, ctx: Context): void => {
    const input = objectInput(contract).strict();
    const names = parameterNames(path);
    const { own, rest } = divided(input.shape, names);
    app.openAPIRegistry.registerPath({
      ...describe(described),
      request: { params: z.object(own), query: z.object(rest) },
      responses: {
        ...problemResponses(described),
        200: {
          description: `The file, in chunks. The trailer ${lengthTrailer} has its length in bytes; a file without it is not whole.`,
          content: { [options.mediaType]: { schema: z.string().meta({ format: 'binary' }) } },
        },
      },
    });
    const extension = /\{\w+\}(\.\w+)$/.exec(path)?.[1] ?? '';
    app.get(honoPath(path, extension), admit(described, options.mediaType), async (c) => {
      const given: Record<string, string> = { ...c.req.query(), ...c.req.param() };
      const last = names.at(-1);
      if (extension !== '' && last !== undefined) given[last] = (given[last] ?? '').slice(0, -extension.length);
      const parsed = input.safeParse(given);
      if (!parsed.success) {
        const isInPath = names.includes(String(parsed.error.issues[0]?.path[0]));
        return problemOfIssues(c, isInPath ? 'param' : 'query', parsed.error.issues);
      }
      const reply = await ctx.requestStream(contract, given, {
        actor: c.get('actor'),
        deadlineMs: downloadDeadlineMs,
      });
      if (isRefusal(reply)) return problemOfRefusal(c, reply);
      const head = fileHead.parse(reply.head);
      c.header('content-type', head.media_type);
      c.header('content-disposition', `attachment; filename="${head.file_name.replaceAll(/[^\w. ()-]/g, '_')}"`);
      if (c.req.method === 'HEAD') {
        // No chunk is fetched, and the service takes its offer back after a minute.
        return c.body(null);
      }
      const full = downloadSlots(ctx).take(c);
      if (full !== null) return full;
      const { incoming, outgoing } = c.env as HttpBindings;
      // Only chunks carry a trailer, and HTTP/1.0, which many proxies speak to a server behind them, has none.
      const hasTrailer = incoming.httpVersion !== '1.0';
      if (hasTrailer) c.header('trailer', lengthTrailer);
      return stream(c, async (out) => {
        let sent = 0;
        try {
          for await (const chunk of reply.chunks) {
            if (out.aborted) break;
            await withinTime(out.write(chunk));
            sent += chunk.byteLength;
          }
          if (hasTrailer) outgoing.addTrailers({ [lengthTrailer]: String(sent) });
        } catch (error) {
          // A normal end would make what was sent look like the whole file, so the connection is destroyed instead.
          ctx.log.error({ err: error, requestId: c.get('requestId'), path: c.req.path }, 'a download broke off');
          outgoing.destroy();
        }
      });
    });
  };
  return { ...described, register };
};

/** One set of slots for all files of a gateway. */
const slotsOf = new WeakMap<Context, ReturnType<typeof createSlots>>();
const downloadSlots = (ctx: Context) => {
  const { downloadsPerCaller: caller } = ctx.config;
  const slots = slotsOf.get(ctx) ?? createSlots({ caller, tenant: caller * 5, all: downloadsAtMost }, 'downloads');
  slotsOf.set(ctx, slots);
  return slots;
};

/** Fails if a reader takes nothing for a minute: its download would otherwise occupy a slot for ever. */
const withinTime = async (written: Promise<unknown>): Promise<void> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`the reader took nothing for ${stalledMs} ms`)), stalledMs);
  try {
    await Promise.race([written, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

/** `/x/{id}.pdf` in Hono's form: the extension belongs to the parameter's pattern. */
const honoPath = (path: string, extension: string): string =>
  path
    .slice(0, path.length - extension.length)
    .replaceAll(/\{(\w+)\}/g, ':$1')
    .concat(extension === '' ? '' : `{[^/]+\\${extension}}`);

import { isRefusal, type RequestContract } from '@arcadia/contracts';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import { problemOfIssues, problemOfRefusal } from './problem.ts';
import { describe, downloadDeadlineMs, problemResponses, type Route, requireRole } from './route.ts';

/** What a service says of a file before its first chunk. */
const fileHead = z.object({ media_type: z.string(), file_name: z.string() });

/**
 * A route whose answer is a file that travels in chunks: nothing of it is held here. The answering service's head is
 * `{ media_type, file_name }`. The path may end in an extension: `/api/v1/invoices/{invoice_id}.pdf`. Input comes from path
 * and query.
 */
export const fileRoute = (
  path: string,
  contract: RequestContract,
  options: { mediaType: string; tag?: string },
): Route => ({
  method: 'get',
  path,
  contract,
  register: (app, gateway) => {
    if (!(contract.input instanceof z.ZodObject))
      throw new TypeError(`${contract.name}: the input of a routed request is an object`);
    const input = contract.input.strict();
    const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '');
    const shape = Object.entries(input.shape);
    app.openAPIRegistry.registerPath({
      ...describe('get', path, contract, options.tag),
      request: {
        params: z.object(Object.fromEntries(shape.filter(([name]) => names.includes(name)))),
        query: z.object(Object.fromEntries(shape.filter(([name]) => !names.includes(name)))),
      },
      responses: {
        ...problemResponses(contract),
        200: {
          description: 'The file.',
          content: { [options.mediaType]: { schema: z.string().meta({ format: 'binary' }) } },
        },
      },
    });
    const extension = /\{\w+\}(\.\w+)$/.exec(path)?.[1] ?? '';
    app.get(honoPath(path, extension), requireRole(contract), async (c) => {
      const given: Record<string, string> = { ...c.req.query(), ...c.req.param() };
      const last = names.at(-1);
      if (extension !== '' && last !== undefined) given[last] = (given[last] ?? '').slice(0, -extension.length);
      const parsed = input.safeParse(given);
      if (!parsed.success) return problemOfIssues(c, 'query', parsed.error.issues);
      const asked = await gateway.requestStream(contract, given, {
        actor: c.get('actor'),
        deadlineMs: downloadDeadlineMs,
      });
      if (isRefusal(asked)) return problemOfRefusal(c, asked);
      const head = fileHead.parse(asked.head);
      c.header('content-type', head.media_type);
      c.header('content-disposition', `attachment; filename="${head.file_name.replaceAll(/[^\w. ()-]/g, '_')}"`);
      return stream(c, async (out) => {
        for await (const chunk of asked.chunks) {
          if (out.aborted) break;
          await out.write(chunk);
        }
      });
    });
  },
});

/** `/x/{id}.pdf` as Hono spells it: the extension belongs to the parameter's pattern. */
const honoPath = (path: string, extension: string): string =>
  path
    .slice(0, path.length - extension.length)
    .replaceAll(/\{(\w+)\}/g, ':$1')
    .concat(extension === '' ? '' : `{[^/]+\\${extension}}`);

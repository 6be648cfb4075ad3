import type { HttpContext } from '../context.ts';

/** Passes a file of the gateway on, piece by piece. */
export const passOn = (c: HttpContext, { body, headers }: Response): Response => {
  c.header('content-type', headers.get('content-type') ?? 'application/octet-stream');
  c.header('content-disposition', headers.get('content-disposition') ?? 'attachment');
  return c.newResponse(body);
};

import { z } from 'zod';
import { instant } from './world-fields.ts';

const regularExpression = z.string().superRefine((text, context) => {
  try {
    new RegExp(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `not a regular expression: ${(error as Error).message}` });
  }
});

export const faultKinds = [
  '429',
  '500',
  '500-after-effect',
  '500-before-effect',
  'refused',
  'hang',
  'reset',
  'html',
  'truncated-json',
  'empty-200',
  'empty-list',
  'repeat-page',
  'shifting-pages',
  'shrinking-total',
  'hidden-by-scope',
] as const;

/** One scripted fault of the provider. */
export const fault = z.strictObject({
  kind: z.enum(faultKinds),
  match: z
    .strictObject({
      method: z.string().optional().describe('Default: any.'),
      path: regularExpression.default('.').describe('Regular expression over path and query.'),
    })
    .prefault({}),
  skip: z.number().int().min(0).default(0).describe('Matching requests let through first.'),
  times: z.number().int().positive().optional().describe('Matching requests that get the fault. Default: all.'),
  from: instant.optional().describe("Only from this instant of the simulator's clock on."),
  until: instant.optional().describe('Only before this instant.'),
  retry_after: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('429: seconds in the retry-after header; absent = no header.'),
  status: z
    .number()
    .int()
    .min(400)
    .max(599)
    .optional()
    .describe('500, html and refused: another status. refused: 422 by default.'),
  message: z.string().optional().describe("refused: the provider's text. Default: that a pending event blocks it."),
  hide: regularExpression.optional().describe('hidden-by-scope: which ids, names or URNs. Default: all.'),
  by: z.number().int().default(1).describe('shifting-pages, shrinking-total: items per page.'),
  seconds: z
    .number()
    .default(60)
    .describe(
      "hang: how long, of real time. 500-before-effect: how much later, by the simulator's clock, the request takes effect.",
    ),
});

export type Fault = z.output<typeof fault>;

import { z } from 'zod';
import { flagField } from './fields.ts';
import { instantText } from './time.ts';

/** Who set a price, a rule or a rate, and who has replaced it. Null: set before this was kept, and not replaced. */
export const setting = {
  set_by: z.string().nullable().meta({
    description: 'Subject of the person or service that set it; null for tenants, and where it is not known.',
    example: 'olivia',
  }),
  set_at: instantText.nullable().describe('When it was set; null: before this was kept.'),
  replaced_by: z.string().nullable().meta({
    description: 'Subject of the person or service that replaced it by another of the same time; null: it holds.',
    example: 'olivia',
  }),
  replaced_at: instantText.nullable().describe('When it was replaced by another of the same time; null: it holds.'),
};

/** The filter of a list whose rows may have been replaced. */
export const isReplacedField = flagField
  .optional()
  .describe('True: instead, those that another of the same time has replaced, the latest first.');

import type { invoicing } from '@arcadia/contracts';
import type { z } from 'zod';
import { withoutKey } from '../domain/invoices/preview.ts';
import type { Rating } from '../domain/rating/rate.ts';

/** A rating as quotes show it. */
export const pricedOf = ({
  currency,
  lines,
  unrated,
  subtotal_cents,
  tax_cents,
  total_cents,
  rating_version,
  input_hash,
  output_hash,
}: Rating): z.infer<typeof invoicing.priced> => ({
  currency,
  lines: lines.map(withoutKey),
  unbilled: unrated,
  subtotal_cents,
  tax_cents,
  total_cents,
  rating_version,
  input_hash,
  output_hash,
});

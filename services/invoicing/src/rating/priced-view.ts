import type { invoicing } from '@arcadia/contracts';
import type { z } from 'zod';
import type { Rating } from '../domain/rating/rate.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';

/** A line without its key, which only serves to compare ratings. */
export const withoutKey = ({ key: _key, ...line }: RatedLine): Omit<RatedLine, 'key'> => line;

/** A rating as quotes and previews show it. */
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

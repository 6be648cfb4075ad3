import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { currencyCode } from '../money.ts';
import { instantText } from '../time.ts';

/** A snapshot of the account balance at the provider. */
export const balance = z.object({
  provider: z.string(),
  currency: currencyCode,
  /** The provider's decimals, as it wrote them. */
  month_to_date_balance: decimalText,
  account_balance: decimalText,
  month_to_date_usage: decimalText,
  /** When the provider worked it out, and when we asked. */
  generated_at: instantText.nullable(),
  taken_at: instantText,
});

export const getBalance = defineRequest({
  name: 'provider-balance.get',
  service: 'billing-ingest',
  summary: 'Get the account balance at the provider: the newest hourly snapshot, and earlier ones.',
  effect: 'read',
  roles: operators,
  input: z.object({ history: z.coerce.number().int().min(0).max(744).default(0) }),
  output: balance.extend({ history: z.array(balance) }),
  refusals: ['not-found'],
});

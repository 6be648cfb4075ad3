import { z } from 'zod';
import { moneyReaders } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { countField } from '../fields.ts';
import { currencyCode } from '../money.ts';
import { instantText } from '../time.ts';

/** A snapshot of the account balance at the provider. */
export const balance = z.object({
  provider: z.string().meta({ description: 'Name of the cloud provider.', example: 'digitalocean' }),
  currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'USD' }),
  month_to_date_balance: decimalText.meta({
    description: 'Balance after the charges of the current month, as the provider states it.',
    example: '23.44',
  }),
  account_balance: decimalText.meta({
    description: 'Balance without the current month, as the provider states it.',
    example: '12.23',
  }),
  month_to_date_usage: decimalText.meta({
    description: 'Charges of the current month so far, as the provider states them.',
    example: '11.21',
  }),
  generated_at: instantText.nullable().describe('When the provider computed it; null if it does not say.'),
  taken_at: instantText.describe('When it was read from the provider.'),
});

export const getBalance = defineRequest({
  name: 'provider-balance.get',
  service: 'billing-ingest',
  summary: 'Get the account balance at the provider: the newest hourly snapshot, and earlier ones.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({
    history: countField(0, 744)
      .default(0)
      .meta({ description: 'How many earlier hourly snapshots to include, 0 to 744.', example: 24 }),
  }),
  output: balance.extend({ history: z.array(balance).describe('The earlier snapshots, newest first.') }),
  refusals: ['not-found'],
});

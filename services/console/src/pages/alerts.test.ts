import { expect, test } from 'vitest';
import { thresholdOf } from './alerts.ts';

const alert: Parameters<typeof thresholdOf>[0] = {
  alert_id: '00000000-0000-8000-8000-000000000001',
  tenant_id: 'acme',
  deployment_id: '00000000-0000-8000-8000-000000000002',
  basis: 'money',
  kind: null,
  amount_cents: 5000,
  currency: 'AUD',
  value: '5000',
  crossed: [],
  ended_at: null,
  ended_by: null,
};

test.each([
  [{}, '50.00 AUD a month before tax'],
  [{ currency: 'JPY' }, '5,000 JPY a month before tax'],
  [{ currency: 'KWD' }, '5.000 KWD a month before tax'],
  [{ amount_cents: null, value: '50.5' }, '0.505 AUD a month before tax'],
  [{ basis: 'included_percent' as const, amount_cents: null, value: '80' }, '80 % of the included quantity'],
])('the threshold of an alert with %o is shown as %s', (fields, text) => {
  expect(thresholdOf({ ...alert, ...fields })).toBe(text);
});

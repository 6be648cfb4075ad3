import { currencyExponent, invoicing } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { centsIn, entered, handleForm, InvalidForm, minorIn, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import type { Attempt } from '../html/form.ts';
import { moneyText } from '../words/money.ts';

type Again = (c: HttpContext, attempt: Attempt) => Promise<Response>;

const tenantOf = (c: HttpContext): string => c.req.param('tenant') ?? '';

/** The commands that agree on terms of a tenant's own, each a form on the tenant's page. */
export const registerTenantTerms = (app: HttpApp, again: Again): void => {
  const command = (path: string, run: (c: HttpContext, values: Values, sending: Sending) => Promise<string>): void => {
    app.post(`/tenants/:tenant/${path}`, (c) =>
      handleForm(c, {
        form: path,
        run: async (values, sending) => ({ to: `/tenants/${tenantOf(c)}#terms`, text: await run(c, values, sending) }),
        again: (attempt) => again(c, attempt),
        fieldOf,
        fieldOfWord: { 'reason-missing': 'reason' },
      }),
    );
  };
  command('discount', async (c, values, sending) => {
    const { percent, amount, currency = '', ...others } = pick(values, [...discountFields, 'currency']);
    const input = {
      tenant_id: tenantOf(c),
      ...others,
      ...(percent === undefined ? {} : { percent }),
      ...(amount === undefined ? {} : { amount_cents: amountIn(amount, currency) }),
    };
    await c.get('api').request(invoicing.addDiscount, input as never, sending);
    return 'The discount is granted.';
  });
  command('price', async (c, values, sending) => {
    const { price = '', currency = '', kind, ...others } = pick(values, [...priceFields, 'currency']);
    const own =
      kind === undefined
        ? { base_price_cents: amountIn(price, currency, 'price') }
        : { kind, overage_price_cents: unitPriceIn(price, currency) };
    const input = { tenant_id: tenantOf(c), ...others, ...own };
    await c.get('api').request(invoicing.addPriceOverride, input as never, sending);
    return 'The own price is agreed.';
  });
  command('commitment', async (c, values, sending) => {
    const { amount = '', currency = '', ...others } = pick(values, ['amount', 'from', 'until', 'reason', 'currency']);
    const input = { tenant_id: tenantOf(c), amount_cents: amountIn(amount, currency), ...others };
    await c.get('api').request(invoicing.addCommitment, input as never, sending);
    return 'The minimum commitment is agreed.';
  });
  command('end-term', async (c, values, sending) => {
    const { term = '', last = '', reason = '' } = values;
    const [kind, term_id = ''] = term.split(':');
    const end =
      last.trim() === '' ? {} : kind === 'discount' ? { last_period: last.trim().slice(0, 7) } : { until: last.trim() };
    await c
      .get('api')
      .request(invoicing.endTenantTerm, { tenant_id: tenantOf(c), term_id, ...end, reason: reason.trim() }, sending);
    return 'The term has an end now.';
  });
  command('credit', async (c, values, sending) => {
    const { amount = '', currency = '', ...others } = pick(values, [...creditFields, 'currency']);
    const input = { tenant_id: tenantOf(c), amount_cents: amountIn(amount, currency), ...others };
    await c.get('api').request(invoicing.createPrepaidCredit, input as never, sending);
    return 'The credit is added; the next invoices draw it.';
  });
  command('end-credit', async (c, { credit_id = '', reason = '' }, sending) => {
    await c
      .get('api')
      .request(invoicing.endPrepaidCredit, { tenant_id: tenantOf(c), credit_id, reason: reason.trim() }, sending);
    return 'The rest of the credit is withdrawn.';
  });
  command('line', async (c, values, sending) => {
    const { price = '', currency = '', ...others } = pick(values, [...lineFields, 'currency']);
    const input = { tenant_id: tenantOf(c), ...others, unit_price_cents: unitPriceIn(price, currency) };
    const line = await c.get('api').request(invoicing.addManualLine, input as never, sending);
    return `The line of ${moneyText(line.amount_cents, currency)} will stand on the invoice of ${line.period}.`;
  });
};

const discountFields = [
  'code',
  'name',
  'on',
  'plan_code',
  'kind',
  'percent',
  'amount',
  'first_period',
  'last_period',
  'reason',
];
const priceFields = ['plan_code', 'kind', 'price', 'overage_unit', 'from', 'until', 'reason'];
const creditFields = ['origin', 'name', 'amount', 'from', 'expires_on', 'reference', 'reason'];
const lineFields = ['description', 'qty', 'unit', 'price', 'period'];

const pick = (values: Values, names: readonly string[]): Partial<Record<string, string>> => {
  const given = entered(values);
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
};

const fieldOf = (pointer: string): string => {
  const name = pointer.split('/').at(-1) ?? '';
  if (name.endsWith('price_cents')) return 'price';
  return { amount_cents: 'amount', term_id: 'term', last_period: 'last_period' }[name] ?? name;
};

const amountIn = (text: string, currency: string, field = 'amount'): number => {
  const cents = centsIn(text, currencyExponent(currency));
  if (cents === null || cents < 0) throw new InvalidForm({ [field]: `Enter an amount in ${currency}, such as 40.00.` });
  return cents;
};

const unitPriceIn = (text: string, currency: string): string => {
  const minor = minorIn(text, currencyExponent(currency));
  if (minor === null) throw new InvalidForm({ price: `Enter a price in ${currency}, such as 0.008.` });
  return minor;
};

import { type Api, type Report } from '@arcadia/app';
import { metering, periodInterval } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import { calculate } from './calculator.ts';
import { agrees, decimalOf, type Fraction, fractionOf, minus, over, plus } from './fraction.ts';

/** The figures of a month of a played world that differ from the calculator's; empty when both agree to the cent. */
export const differences = (
  world: World,
  report: Pick<Report, 'usage' | 'invoices'>,
  period: string = world.period,
): string[] => {
  const expected = calculate(world, period);
  const found: string[] = [];
  const slugOf = (id: string): string => world.platform.deployments.find((each) => each.id === id)?.slug ?? id;
  const shown = new Map(report.usage.map(({ deployment, kind, qty }) => [`${deployment} ${kind}`, qty]));
  for (const [deployment, kinds] of expected.usage)
    for (const [kind, quantity] of kinds) {
      const key = `${deployment} ${kind}`;
      const qty = shown.get(key);
      shown.delete(key);
      if (qty === undefined || !agrees(quantity, qty))
        found.push(`${slugOf(deployment)} used ${decimalOf(quantity)} ${kind}; the report has ${qty ?? 'none'}`);
    }
  for (const [key, qty] of shown) {
    const [deployment = '', kind = ''] = key.split(' ');
    found.push(`${slugOf(deployment)} used no ${kind}; the report has ${qty}`);
  }
  const invoices = new Map(report.invoices.map((invoice) => [invoice.tenant_id, invoice]));
  for (const [tenant, { subtotal, tax, total }] of expected.invoices) {
    const invoice = invoices.get(tenant);
    invoices.delete(tenant);
    const [right, real] = [
      [subtotal, tax, total].join(' + '),
      [invoice?.subtotal_cents, invoice?.tax_cents, invoice?.total_cents].join(' + '),
    ];
    if (right !== real) found.push(`${tenant} owes ${right} cents; the invoice has ${real}`);
  }
  for (const [tenant, invoice] of invoices)
    found.push(`${tenant} owes nothing; the invoice has ${invoice.total_cents}`);
  return found;
};

/** The quantities by dimension that differ from the calculator's; both are exact, so that equal means equal. */
export const dimensionDifferences = async (world: World, api: Api): Promise<string[]> => {
  const { start, end } = periodInterval(world.period);
  const range = { from: start.toString(), to: end.toString() };
  const shown = new Map<string, Fraction>();
  for (const row of await api.list(metering.listUsage, { ...range, group_by: 'resource' })) {
    if (row.dimension === null) continue;
    const key = `${row.deployment_id} ${row.kind} ${row.dimension}`;
    for (const { unit_seconds, divisor } of row.parts) {
      const quantity = over(fractionOf(unit_seconds), fractionOf(divisor));
      const before = shown.get(key);
      shown.set(key, before === undefined ? quantity : plus(before, quantity));
    }
  }
  const expected = new Map<string, Fraction>(
    [...calculate(world).byDimension].flatMap(([deployment, quantities]) =>
      [...quantities].map(([name, quantity]) => [`${deployment} ${name}`, quantity] as const),
    ),
  );
  return [...new Set([...shown.keys(), ...expected.keys()])].flatMap((key) => {
    const [right, real] = [expected.get(key), shown.get(key)];
    const isSame = right !== undefined && real !== undefined && minus(right, real).top === 0n;
    return isSame
      ? []
      : [`${key}: ${right ? decimalOf(right) : 'none'} is right; usage has ${real ? decimalOf(real) : 'none'}`];
  });
};

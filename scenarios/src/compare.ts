import type { Report } from '@arcadia/app';
import type { World } from '@arcadia/digitalocean-simulator';
import { calculate } from './calculator.ts';
import { agrees, decimalOf } from './fraction.ts';

/** The figures of a played world that differ from the calculator's; empty when both agree to the cent. */
export const differences = (world: World, report: Report): string[] => {
  const expected = calculate(world);
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

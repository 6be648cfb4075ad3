import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectApi, type Report, reportDocument } from '@arcadia/app';
import { expect, test } from 'vitest';
import { readWorld } from './src/make-world.ts';
import { faultsOfMonth, monthsOf } from './src/played-months.ts';
import { root, start, startAndRead } from './src/start-command.ts';

/** The report without the gateway's URL and the tokens, which differ between runs. */
const withoutAccess = (report: Report): Report => ({
  ...report,
  gateway: '',
  tokens: { operator: '', tenants: Object.fromEntries(Object.keys(report.tokens.tenants).map((id) => [id, ''])) },
});

test('the pilot world gives its expected figures, also when it is started again', { timeout: 900_000 }, async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'arcadia-pilot-'));
  try {
    const first = await start(home, ['--exit', '--json', '--port', '0']);
    const report = reportDocument.parse(JSON.parse(first.stdout));

    expect(report.period).toBe('2026-04');
    expect(report.usage).toContainEqual(expect.objectContaining({ kind: 'droplet_hours', qty: '2160' }));
    expect(report.invoices).toHaveLength(1);
    const [invoice] = report.invoices;
    expect(invoice).toMatchObject({
      tenant_id: 'acme',
      number: 'INV-000001',
      status: 'paid',
      currency: 'AUD',
      subtotal_cents: 6422,
      tax_cents: 642,
      total_cents: 7064,
    });
    expect(invoice?.lines.map(({ kind, resource_kind, amount_cents }) => [kind, resource_kind, amount_cents])).toEqual([
      ['plan_base', null, 5000],
      ['addon', 'spaces_gb_month', 750],
      ['overage', 'droplet_hours', 672],
      ['tax', null, 642],
    ]);
    expect(report.provider_invoice).toEqual({
      period: '2026-03',
      net_cents: 7902,
      tax_cents: 790,
      gross_cents: 8692,
      lines: 33,
      matched: 17,
    });
    expect(report.drift.map(({ resource, field }) => `${resource} ${field}`).toSorted()).toEqual([
      'acme-db-1 size_slug',
      'globex-api-2 size_slug',
      'initech-ledger-replica @presence',
      'legacy-blog @owner',
    ]);
    const [echo] = report.sagas;
    expect([echo?.status, echo?.steps.map(({ name, status }) => `${name} ${status}`)]).toEqual([
      'rolled_back',
      ['echo compensated', 'echo compensated', 'fail failed'],
    ]);
    expect(report.sagas.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'echo rolled_back',
      'provision_droplet completed',
      'resize_droplet completed',
      'provision_droplet rolled_back',
    ]);

    const example = JSON.parse(readFileSync(path.join(root, 'docs/example-report.json'), 'utf8'));
    expect(withoutAccess(reportDocument.parse(example))).toEqual(withoutAccess(report));

    // The played world is kept: nothing is played, billed or numbered a second time.
    await using second = await startAndRead(home, ['--json', '--port', '0', '--console-port', '0']);
    const again = reportDocument.parse(second.document);
    expect(withoutAccess(again)).toEqual(withoutAccess(report));
    expect(readdirSync(home)).toHaveLength(1);

    const world = readWorld('pilot');
    const operator = await connectApi(again.gateway, again.tokens.operator);
    for (const month of monthsOf(world))
      expect([month, await faultsOfMonth(world, month, operator)]).toEqual([month, []]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

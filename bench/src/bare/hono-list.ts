import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { jwtVerify } from 'jose';
import pg from 'pg';

/**
 * The bare limit of a list: one process with Hono, jose and pg, which verifies the token, reads the rows of its tenant and answers with
 * them. No second process, no contract, no request id, no problem documents, no limit. Imports none of our code.
 */
export async function openBareList(options: {
  databaseUrl: string;
  secret: string;
}): Promise<{ url: string; child: ChildProcess; close(): Promise<void> }> {
  const child = fork(import.meta.filename, [options.databaseUrl, options.secret]);
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    async close() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** The invoices of one tenant with what was credited, applied and paid, newest first; one above the limit. */
export const listSql = `
  SELECT i.invoice_id, i.tenant_id, i.period, i.period_start, i.period_end, i.number, i.status, i.currency, i.subtotal_cents, i.tax_cents,
    i.total_cents, i.issued_at, i.due_on, i.is_tax_inclusive,
    coalesce((SELECT sum(c.total_cents) FROM credit_notes c WHERE c.invoice_id = i.invoice_id), 0) AS credited_cents,
    coalesce((SELECT sum(a.amount_cents) FROM credit_applications a WHERE a.invoice_id = i.invoice_id), 0)
      + coalesce((SELECT sum(d.amount_cents) FROM prepaid_draws d WHERE d.invoice_id = i.invoice_id AND d.is_paid), 0) AS applied_credit_cents,
    coalesce((SELECT sum(p.amount_cents) FROM payments p WHERE p.invoice_id = i.invoice_id), 0) AS paid_cents,
    i.close_revision, i.rating_version, i.input_hash, i.output_hash, i.facts_hash, i.paid_at, i.payment_reference, i.voided_at, i.void_reason,
    i.replaced_by, i.finance_invoice_id, i.pushed_to_finance_at,
    (SELECT p.invoice_id FROM tenant_invoices p WHERE p.replaced_by = i.invoice_id ORDER BY p.voided_at DESC, p.invoice_id LIMIT 1) AS replaces
  FROM tenant_invoices i WHERE i.tenant_id = $1 ORDER BY i.period DESC, i.invoice_id DESC LIMIT $2`;

const numbers = ['subtotal_cents', 'tax_cents', 'total_cents', 'credited_cents', 'applied_credit_cents', 'paid_cents'];

function buildApp(pool: pg.Pool, secret: Uint8Array): Hono {
  const app = new Hono();
  app.get('/invoices', async (c) => {
    let tenant: unknown;
    try {
      const token = c.req.header('authorization')?.replace(/^Bearer /, '') ?? '';
      tenant = (await jwtVerify(token, secret, { issuer: 'arcadia', algorithms: ['HS256'] })).payload['tenant_id'];
    } catch {
      return c.json({ error: 'unauthenticated' }, 401);
    }
    const limit = Math.min(200, Number(c.req.query('limit') ?? 50));
    const { rows } = await pool.query<Record<string, unknown>>(listSql, [tenant, limit + 1]);
    const items = rows.slice(0, limit);
    for (const item of items) {
      for (const name of numbers) item[name] = Number(item[name]);
      const isOpen = item['status'] === 'issued';
      const due = Number(item['total_cents']) - Number(item['applied_credit_cents']) - Number(item['paid_cents']);
      item['amount_due_cents'] = isOpen ? due : 0;
      item['is_overdue'] = isOpen && due > 0 && new Date(item['due_on'] as Date) < new Date();
    }
    const last = items.at(-1);
    const cursor = Buffer.from(JSON.stringify([last?.['period'], last?.['invoice_id']])).toString('base64url');
    return c.json({ items, next_cursor: rows.length > limit ? cursor : null });
  });
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const [, , connectionString, secret] = process.argv;
  const pool = new pg.Pool({ connectionString, max: 10, options: '-c search_path=invoicing -c TimeZone=UTC' });
  const app = buildApp(pool, new TextEncoder().encode(secret ?? ''));
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => process.send?.(port));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.once('disconnect', () => process.exit(0));
}

import jwt from '@fastify/jwt';
import fastify from 'fastify';
import pg from 'pg';
import { answerCalls } from '../answer-calls.ts';

/** A list by Fastify, @fastify/jwt and pg in one process, with the response serialised by a schema as Fastify recommends. */
const numbers = ['subtotal_cents', 'tax_cents', 'total_cents', 'credited_cents', 'applied_credit_cents', 'paid_cents'];
const texts = [
  ...['invoice_id', 'tenant_id', 'period', 'period_start', 'period_end', 'number', 'status', 'currency', 'issued_at'],
  ...[
    'due_on',
    'rating_version',
    'input_hash',
    'output_hash',
    'facts_hash',
    'paid_at',
    'payment_reference',
    'voided_at',
  ],
  ...['void_reason', 'replaced_by', 'finance_invoice_id', 'pushed_to_finance_at', 'replaces'],
];
const item = {
  type: 'object',
  properties: {
    ...Object.fromEntries(texts.map((name) => [name, { type: ['string', 'null'] }])),
    ...Object.fromEntries(
      [...numbers, 'amount_due_cents', 'close_revision'].map((name) => [name, { type: 'integer' }]),
    ),
    is_tax_inclusive: { type: 'boolean' },
    is_overdue: { type: 'boolean' },
  },
};
const schema = {
  querystring: { type: 'object', properties: { limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 } } },
  response: {
    200: {
      type: 'object',
      properties: { items: { type: 'array', items: item }, next_cursor: { type: ['string', 'null'] } },
    },
  },
};

answerCalls({
  /** Returns the address of the server. */
  async open() {},
  async listen({ url, secret, listSql }: { url: string; secret: string; listSql: string }) {
    const pool = new pg.Pool({ connectionString: url, max: 10, options: '-c search_path=invoicing -c TimeZone=UTC' });
    const app = fastify();
    await app.register(jwt, { secret, verify: { allowedIss: 'arcadia', algorithms: ['HS256'] } });
    app.get<{ Querystring: { limit: number } }>('/invoices', { schema }, async (request) => {
      const { tenant_id: tenant } = await request.jwtVerify<{ tenant_id: string }>();
      const { limit } = request.query;
      const { rows } = await pool.query<Record<string, unknown>>(listSql, [tenant, limit + 1]);
      const items = rows.slice(0, limit);
      for (const each of items) {
        for (const name of numbers) each[name] = Number(each[name]);
        const isOpen = each['status'] === 'issued';
        const due = Number(each['total_cents']) - Number(each['applied_credit_cents']) - Number(each['paid_cents']);
        each['amount_due_cents'] = isOpen ? due : 0;
        each['is_overdue'] = isOpen && due > 0 && new Date(each['due_on'] as Date) < new Date();
      }
      const last = items.at(-1);
      const cursor = Buffer.from(JSON.stringify([last?.['period'], last?.['invoice_id']])).toString('base64url');
      return { items, next_cursor: rows.length > limit ? cursor : null };
    });
    return await app.listen({ host: '127.0.0.1', port: 0 });
  },
  /** Processor time used so far, in milliseconds. */
  async used() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
});

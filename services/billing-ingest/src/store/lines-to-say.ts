import { type billingIngest, canonicalDecimal, type EventData } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

type SaidLine = EventData<typeof billingIngest.invoiceIngested>['lines'][number];

type Row = Omit<SaidLine, 'amount_cents' | 'allocations'> & {
  amount_minor: string;
  allocations: (Omit<SaidLine['allocations'][number], 'amount_cents'> & { amount_minor: number })[] | null;
};

/** An invoice's lines with their shares, as they are said. */
export const linesToSay = async (db: Transaction<Database>, readingId: string): Promise<SaidLine[]> => {
  const { rows } = await sql<Row>`
    SELECT l.line_no, l.product, l.kind, l.description, l.group_description, l.project_name, l.hours, l.start_at, l.end_at,
      l.amount_minor, l.is_tax, l.resource_id, l.unmatched_reason, a.allocations
    FROM cloud_cost_lines l
    LEFT JOIN (
      SELECT line_no, json_agg(json_build_object('target', target, 'tenant_id', tenant_id, 'deployment_id', deployment_id,
        'amount_minor', amount_minor, 'rule', rule) ORDER BY share_no) AS allocations
      FROM cloud_cost_allocations WHERE reading_id = ${readingId} GROUP BY line_no
    ) a USING (line_no)
    WHERE l.reading_id = ${readingId} ORDER BY l.line_no`.execute(db);
  return rows.map(({ amount_minor, allocations, hours, ...line }) => ({
    ...line,
    hours: hours === null ? null : canonicalDecimal(hours),
    amount_cents: Number(amount_minor),
    allocations: (allocations ?? []).map(({ amount_minor: share, ...rest }) => ({ ...rest, amount_cents: share })),
  }));
};

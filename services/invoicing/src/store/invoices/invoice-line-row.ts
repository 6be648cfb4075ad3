import type { Json } from '@arcadia/contracts';
import type { LineKind } from '../../domain/rating/rated-line.ts';

/** A line of an invoice as it is stored. */
export type InvoiceLineRow = {
  invoice_id: string;
  position: number;
  line_id: string;
  line_key: string;
  kind: LineKind;
  deployment_id: string | null;
  resource_kind: string | null;
  description: string;
  qty: string;
  unit: string;
  unit_price_cents: string;
  amount_cents: string;
  meta: Record<string, Json>;
  adjusts_period: string | null;
  adjusts_key: string | null;
};

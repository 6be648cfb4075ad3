import type { Credit } from '../../domain/prepaid/ledger.ts';

export type CreditRow = {
  credit_id: string;
  tenant_id: string;
  number: number;
  credit: Omit<Credit, 'draws'>;
  reference: string | null;
  revision: number;
  created_at: string;
  created_by: string;
  reason: string | null;
  ended_by: string | null;
  end_reason: string | null;
};

export type PrepaidTables = {
  prepaid_credits: Omit<CreditRow, 'credit'> & { credit: string };
  prepaid_draws: { credit_id: string; invoice_id: string; period: string; amount_cents: string; is_paid: boolean };
};

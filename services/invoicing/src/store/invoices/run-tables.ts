import type { Generated } from 'kysely';

export type RunStatus = 'queued' | 'waiting' | 'invoiced' | 'reissued' | 'unchanged' | 'nothing' | 'refused' | 'failed';

/** What a waiting run waits for. */
export type WaitsFor = 'facts' | 'bill' | 'rate';

export type RunTables = {
  billed_periods: {
    tenant_id: string;
    period: string;
    close_revision: number;
    invoice_id: string | null;
    terms_changed: Generated<boolean>;
  };
  invoice_runs: {
    period: string;
    tenant_id: string;
    close_revision: number;
    is_forced: boolean;
    status: RunStatus;
    detail: string | null;
    invoice_id: string | null;
    attempts: number;
    queued_at: string | null;
    finished_at: string | null;
    waits_for: WaitsFor | null;
  };
  invoices_without_bill: {
    tenant_id: string;
    period: string;
    reason: string;
    decided_by: string;
    decided_at: string;
  };
  forced_runs: { period: string; tenant_id: string; requested_at: string };
};

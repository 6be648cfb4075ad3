/** Kept previews, and the counts by which they are known to be outdated. */
export type PreviewTables = {
  usage_revisions: { tenant_id: string; revision: string };
  previews: { tenant_id: string; period: string; revision: string; summary: string; kept_at: string };
  preview_rows: { tenant_id: string; period: string; list: string; position: number; rows: string };
};

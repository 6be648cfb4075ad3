import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

export type MailProfile = {
  tenant_id: string;
  revision: number;
  name: string;
  currency: string;
  language: string;
  recipients: readonly string[];
};

/** Keeps the newest revision of each tenant's profile, in whatever order they arrive. */
export async function keepProfiles(db: Transaction<Tables>, profiles: readonly MailProfile[]): Promise<void> {
  if (profiles.length === 0) return;
  await sql`
    INSERT INTO mail_profiles AS p (tenant_id, revision, name, currency, language, recipients)
    SELECT DISTINCT ON (tenant_id) tenant_id, revision, name, currency, language, ARRAY(SELECT jsonb_array_elements_text(recipients))
    FROM jsonb_to_recordset(${JSON.stringify(profiles)}::jsonb) AS t (tenant_id text, revision int, name text, currency text, language text, recipients jsonb)
    ORDER BY tenant_id, revision DESC
    ON CONFLICT (tenant_id) DO UPDATE SET revision = excluded.revision, name = excluded.name, currency = excluded.currency, language = excluded.language,
      recipients = excluded.recipients
    WHERE excluded.revision > p.revision`.execute(db);
}

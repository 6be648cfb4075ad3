import { hash } from 'node:crypto';

/** What the key of an object is made of. */
export type Exported = {
  prefix: string;
  dataset: 'charges' | 'costs';
  format: 'csv' | 'parquet';
  /** Null: all tenants. */
  tenantId: string | null;
  /** `YYYY-MM`. */
  period: string;
};

/**
 * The key of the object of one month: it names the version of FOCUS, the dataset, whose rows it has, and the month. A repetition
 * overwrites the object, so that the sum over all objects counts no row twice.
 */
export const objectKey = ({ prefix, dataset, format, tenantId, period }: Exported): string => {
  const whose = tenantId === null ? 'all-tenants' : `tenant=${folderOf(tenantId)}`;
  return `${prefix}focus-1.4/${dataset}/${whose}/period=${period}/${dataset}.${format}`;
};

/** A key of S3 has at most 1,024 bytes. */
const longestFolder = 256;

/** The id of a tenant with what could be read otherwise in a key or URL as `~` and its bytes; a long one as its digest. No two are alike. */
const folderOf = (tenantId: string): string => {
  const safe = Array.from(Buffer.from(tenantId, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w.-]/.test(character) ? character : `~${byte.toString(16).padStart(2, '0')}`;
  }).join('');
  return safe.length <= longestFolder ? safe : `~~${hash('sha256', tenantId, 'hex')}`;
};

import { SignJWT } from 'jose';
import { z } from 'zod';
import type { FinanceConfig } from '../config.ts';

/** A provider invoice as the finance system takes it in. Amounts are in minor units of the currency. */
export type CostImport = {
  source: string;
  external_id: string;
  invoice_number: string | null;
  period: string;
  currency: string;
  amount_net_minor: number;
  amount_tax_minor: number;
  amount_gross_minor: number;
  fx: { to: string; rate: string } | null;
  lines: { kind: string; lines: number; amount_minor: number }[];
};

const imported = z.object({
  id: z.union([z.string().min(1), z.number()]).transform(String),
  status: z.enum(['created', 'updated']),
});
export type Imported = z.output<typeof imported>;

const timeoutMs = 15_000;

/**
 * Tells the finance system of a cost. It knows a cost by tenant, source and external id, so telling it again updates.
 * Throws whenever it did not say that it took it.
 */
export const importCost = async (finance: FinanceConfig, cost: CostImport, signal: AbortSignal): Promise<Imported> => {
  const token = await new SignJWT({ tenant_id: 'platform-admin', roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('arcadia')
    .setSubject('billing-ingest')
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(new TextEncoder().encode(finance.secret));
  const url = `${finance.url}/api/v1/integrations/cloud/import-invoice`;
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(cost),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  } catch (cause) {
    throw new Error(`the finance system cannot be reached for cost ${cost.external_id}`, { cause });
  }
  if (!response.ok) {
    const text = (await response.text()).slice(0, 300);
    throw new Error(`the finance system answered ${response.status} to cost ${cost.external_id}: ${text}`);
  }
  const body = imported.safeParse(await response.json().catch(() => null));
  if (!body.success)
    throw new Error(`the finance system took cost ${cost.external_id} but did not say under what id`, {
      cause: body.error,
    });
  return body.data;
};

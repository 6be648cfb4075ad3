import { SignJWT } from 'jose';
import { z } from 'zod';
import type { FinanceAccess } from './config.ts';

/** A provider invoice as the finance system imports it. Amounts are in minor units of the currency. */
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

/** A document about a tenant's debt as the finance system imports it. Amounts are in minor units of the currency. */
export type ReceivableImport = {
  source: 'arcadia';
  external_id: string;
  document: 'invoice' | 'void' | 'credit_note';
  number: string;
  /** The invoice that a void or a credit note refers to; null for a credit note without an invoice. */
  invoice_external_id: string | null;
  customer: string;
  period: string;
  currency: string;
  amount_net_minor: number;
  amount_tax_minor: number;
  amount_gross_minor: number;
  issued_at: string;
  due_on: string | null;
};

/** The finance system did not confirm an import. */
export class FinanceError extends Error {
  override name = 'FinanceError';
  /** True if the finance system is down or rejects our access, so that the next import would fail too. */
  readonly isOutage: boolean;

  constructor(message: string, options: { isOutage: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.isOutage = options.isOutage;
  }
}

export type ImportOptions = {
  /** The service that sends the request; it becomes the subject of the token. */
  service: string;
  signal: AbortSignal;
};

const costPath = '/api/v1/integrations/cloud/import-invoice';

/**
 * Imports a provider cost. A repeated import updates the first one, so a lost answer does no harm.
 * @returns the id of the cost in the finance system
 * @throws FinanceError unless the finance system confirms the import
 */
export function importCost(finance: FinanceAccess, cost: CostImport, options: ImportOptions): Promise<string> {
  return postImport(finance, { path: costPath, name: `cost ${cost.external_id}`, body: cost }, options);
}

/**
 * Imports an invoice, void or credit note. A repeated import updates the first one, so a lost answer does no harm.
 * @returns the id of the document in the finance system
 * @throws FinanceError unless the finance system confirms the import
 */
export function importReceivable(
  finance: FinanceAccess,
  receivable: ReceivableImport,
  options: ImportOptions,
): Promise<string> {
  const name = `${receivable.document} ${receivable.number}`;
  return postImport(finance, { path: finance.receivablePath, name, body: receivable }, options);
}

const confirmation = z.object({ id: z.union([z.string().min(1), z.number()]).transform(String) });
const timeoutMs = 15_000;

async function postImport(
  finance: FinanceAccess,
  { path, name, body }: { path: string; name: string; body: object },
  { service, signal }: ImportOptions,
): Promise<string> {
  const authorization = `Bearer ${await tokenFor(finance, service)}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${finance.url}${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    text = await response.text();
  } catch (cause) {
    throw new FinanceError(`the finance system at ${finance.url} did not answer the import of ${name}`, {
      isOutage: true,
      cause,
    });
  }
  if (!response.ok) {
    throw new FinanceError(
      `the finance system answered ${response.status} to the import of ${name}: ${text.slice(0, 300)}`,
      { isOutage: response.status >= 500 || [401, 403, 429].includes(response.status) },
    );
  }
  const confirmed = confirmation.safeParse(parseJson(text));
  if (!confirmed.success) {
    throw new FinanceError(`the finance system accepted ${name} but its answer has no usable id`, {
      isOutage: false,
      cause: confirmed.error,
    });
  }
  return confirmed.data.id;
}

function tokenFor({ secret }: FinanceAccess, service: string): Promise<string> {
  return new SignJWT({ tenant_id: 'platform-admin', roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('arcadia')
    .setSubject(service)
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(new TextEncoder().encode(secret));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

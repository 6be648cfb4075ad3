import { SignJWT } from 'jose';
import { z } from 'zod';

export type FinanceAccess = { url: string; secret: string; receivablePath: string };

/** A document about a tenant's debt, as the finance system imports it. Amounts are in minor units of the currency. */
export type ReceivableImport = {
  source: 'arcadia';
  external_id: string;
  document: 'invoice' | 'void' | 'credit_note';
  number: string;
  /** The invoice that a void or a credit note is about. */
  invoice_external_id: string;
  customer: string;
  period: string;
  currency: string;
  amount_net_minor: number;
  amount_tax_minor: number;
  amount_gross_minor: number;
  issued_at: string;
  due_on: string | null;
};

/** The finance system did not accept a document. `isOutage`: it is down or rejects our token, so other documents would fail too. */
export class FinanceRefused extends Error {
  override name = 'FinanceRefused';
  readonly isOutage: boolean;
  constructor(message: string, options: { isOutage: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.isOutage = options.isOutage;
  }
}

const answer = z.object({ id: z.union([z.string().min(1), z.number()]).transform(String) });

const timeoutMs = 15_000;

const tokenFor = ({ secret }: FinanceAccess): Promise<string> =>
  new SignJWT({ tenant_id: 'platform-admin', roles: ['admin'] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('arcadia')
    .setSubject('invoicing')
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(new TextEncoder().encode(secret));

/**
 * Imports a document into the finance system. Importing it again updates it, so a lost reply does no harm.
 * @returns the finance system's id of the document
 * @throws FinanceRefused if it was not accepted
 */
export const importReceivable = async (
  finance: FinanceAccess,
  receivable: ReceivableImport,
  signal: AbortSignal,
): Promise<string> => {
  const name = `${receivable.document} ${receivable.number}`;
  const headers = { authorization: `Bearer ${await tokenFor(finance)}`, 'content-type': 'application/json' };
  let response: Response;
  try {
    response = await fetch(new URL(finance.receivablePath, finance.url), {
      method: 'POST',
      headers,
      body: JSON.stringify(receivable),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  } catch (cause) {
    throw new FinanceRefused(`the finance system cannot be reached for ${name}`, { isOutage: true, cause });
  }
  const text = await response.text().catch(() => '');
  if (!response.ok) {
    const isOutage =
      response.status >= 500 || response.status === 429 || response.status === 401 || response.status === 403;
    throw new FinanceRefused(`the finance system answered ${response.status} to ${name}: ${text.slice(0, 300)}`, {
      isOutage,
    });
  }
  const body = answer.safeParse(parsed(text));
  if (!body.success)
    throw new FinanceRefused(`the finance system accepted ${name} without giving its id`, {
      isOutage: false,
      cause: body.error,
    });
  return body.data.id;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

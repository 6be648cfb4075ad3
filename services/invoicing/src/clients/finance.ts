import { SignJWT } from 'jose';
import { z } from 'zod';

export type FinanceAccess = { url: string; secret: string; receivablePath: string };

/** A document about what a tenant owes, as the finance system takes it in. Amounts are in minor units of the currency. */
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

/** The finance system did not take a document. `isItsFault`: it is down, and the next document would fare no better. */
export class FinanceRefused extends Error {
  override name = 'FinanceRefused';
  readonly isItsFault: boolean;
  constructor(message: string, options: { isItsFault: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.isItsFault = options.isItsFault;
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

/** Tells the finance system of a document; told again it updates, so a lost answer does no harm. Returns its id for it. */
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
    throw new FinanceRefused(`the finance system cannot be reached for ${name}`, { isItsFault: true, cause });
  }
  const text = await response.text().catch(() => '');
  if (!response.ok) {
    const isItsFault =
      response.status >= 500 || response.status === 429 || response.status === 401 || response.status === 403;
    throw new FinanceRefused(`the finance system answered ${response.status} to ${name}: ${text.slice(0, 300)}`, {
      isItsFault,
    });
  }
  const body = answer.safeParse(parsed(text));
  if (!body.success)
    throw new FinanceRefused(`the finance system took ${name} but did not say under what id`, {
      isItsFault: false,
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

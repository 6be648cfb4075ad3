import { ConfigError, secret } from '@arcadia/platform';
import { z } from 'zod';

export type FinanceAccess = {
  /** Without a trailing slash. */
  url: string;
  /** Signs the tokens of our requests (HS256). */
  secret: string;
  /** Path for receivables, which begins with a slash. */
  receivablePath: string;
};

const defaultPort = '4010';
const defaultReceivablePath = '/api/v1/integrations/cloud/import-receivable';

/** The variables of the finance system. */
export const financeVariables = {
  FINANCE_URL: z
    .string()
    .optional()
    .meta({
      description: `The finance system that costs and receivables are pushed to; plain http without a port means port ${defaultPort}. Absent: nothing is pushed.`,
      example: `http://finance.internal:${defaultPort}`,
    }),
  FINANCE_SECRET: z
    .string()
    .optional()
    .meta({
      description: 'The secret that the finance system shares with us; it signs our requests (HS256).',
      ...secret,
    }),
  FINANCE_RECEIVABLE_PATH: z
    .string()
    .startsWith('/', 'must begin with a slash')
    .default(defaultReceivablePath)
    .meta({ description: 'Path that receivables are pushed to.' }),
};

/**
 * Reads how to reach the finance system.
 * @returns null if no finance system is configured
 * @throws ConfigError that names the variable and the remedy
 */
export function financeAccess(given: z.output<z.ZodObject<typeof financeVariables>>): FinanceAccess | null {
  const { FINANCE_URL: url, FINANCE_SECRET: key, FINANCE_RECEIVABLE_PATH: receivablePath } = given;
  if (url === undefined && key === undefined) return null;
  if (key === undefined) {
    throw new ConfigError(
      'FINANCE_URL is set but FINANCE_SECRET is not: set it to the secret that the finance system shares with us.',
    );
  }
  if (url === undefined)
    throw new ConfigError('FINANCE_SECRET is set but FINANCE_URL is not: set both variables, or neither.');
  if (!/^https?:\/\/[^/]+/.test(url) || !URL.canParse(url))
    throw new ConfigError(`FINANCE_URL must look like http://finance.internal:${defaultPort}, not "${url}".`);
  return { url: withPort(url).replace(/\/+$/, ''), secret: key, receivablePath };
}

/** Plain http without a port means the usual port of the finance system. */
function withPort(url: string): string {
  const { protocol, host } = new URL(url);
  const namesPort = /^https?:\/\/(?:[^/@]*@)?(?:\[[^\]]*\]|[^/:]+):\d+/.test(url);
  return protocol === 'http:' && !namesPort ? url.replace(host, `${host}:${defaultPort}`) : url;
}

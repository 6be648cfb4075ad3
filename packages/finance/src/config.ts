import { ConfigError, type Env } from '@arcadia/platform';

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

/**
 * Reads how to reach the finance system. A blank variable is an absent one.
 * @returns null if no finance system is configured
 * @throws ConfigError that names the variable and the remedy
 */
export function financeAccess(env: Env): FinanceAccess | null {
  const url = env['FINANCE_URL']?.trim() || undefined;
  const secret = env['FINANCE_SECRET']?.trim() || undefined;
  const receivablePath = env['FINANCE_RECEIVABLE_PATH']?.trim() || defaultReceivablePath;
  if (url === undefined && secret === undefined) return null;
  if (secret === undefined) {
    throw new ConfigError(
      'FINANCE_URL is set but FINANCE_SECRET is not: set it to the secret that the finance system shares with us.',
    );
  }
  if (url === undefined)
    throw new ConfigError('FINANCE_SECRET is set but FINANCE_URL is not: set both variables, or neither.');
  if (!/^https?:\/\/[^/]+/.test(url) || !URL.canParse(url))
    throw new ConfigError(`FINANCE_URL must look like http://finance.internal:${defaultPort}, not "${url}".`);
  if (!receivablePath.startsWith('/'))
    throw new ConfigError(`FINANCE_RECEIVABLE_PATH must begin with a slash, not "${receivablePath}".`);
  return { url: withPort(url).replace(/\/+$/, ''), secret, receivablePath };
}

/** Plain http without a port means the usual port of the finance system. */
function withPort(url: string): string {
  const { protocol, host } = new URL(url);
  const namesPort = /^https?:\/\/(?:[^/@]*@)?(?:\[[^\]]*\]|[^/:]+):\d+/.test(url);
  return protocol === 'http:' && !namesPort ? url.replace(host, `${host}:${defaultPort}`) : url;
}

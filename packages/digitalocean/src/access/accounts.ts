import { ConfigError, type Env } from '@arcadia/platform';
import { createDigitalOcean } from '../digitalocean.ts';
import { ProviderError } from '../errors.ts';
import { type Purpose, parseAccess, tokenVariables } from './config.ts';

const purposes: readonly Purpose[] = ['sync-full', 'sync-fast', 'billing', 'provisioning'];

/** Whether a variable names a token of the provider, for any purpose and in either form. */
export const hasAnyToken = (env: Env): boolean => purposes.some((purpose) => parseAccess(env, purpose).token !== null);

/** The variable that gives the token of a purpose; null: none does. */
function variableOf(env: Env, purpose: Purpose): string | null {
  const forms = tokenVariables(purpose).flatMap((name) => [name, `${name}_FILE`]);
  return forms.find((name) => (env[name]?.trim() ?? '') !== '') ?? null;
}

/** The account that the tokens of all purposes belong to. */
export type TokenAccount = { id: string; baseUrl: string };

/**
 * The account of the provider that the variables give access to: the team, or for an account without teams the account itself. Each
 * token is asked once.
 * @throws ConfigError, one sentence for an operator, if there is no token for the syncs, a token is rejected, the provider cannot be
 * reached, or the tokens belong to different teams
 */
export async function accountOfTokens(env: Env): Promise<TokenAccount> {
  const { baseUrl, token } = parseAccess(env, 'sync-full');
  if (token === null) {
    const names = tokenVariables('sync-full').slice(0, 2).join(' or ');
    throw new ConfigError(`The inventory needs a token for the provider: set ${names} (each also as …_FILE).`);
  }
  const variables = new Map<string, string>();
  for (const purpose of purposes) {
    const own = parseAccess(env, purpose).token?.();
    if (own !== undefined && !variables.has(own)) variables.set(own, variableOf(env, purpose) ?? 'DIGITALOCEAN_TOKEN');
  }
  const accounts = await Promise.all(
    [...variables].map(async ([own, variable]) => ({ variable, id: await accountOf(own, { baseUrl, variable }) })),
  );
  const [first, ...others] = accounts;
  const other = others.find(({ id }) => id !== first?.id);
  if (first !== undefined && other !== undefined)
    throw new ConfigError(
      `${first.variable} and ${other.variable} are tokens of different teams (${first.id} and ${other.id}); set tokens of one team.`,
    );
  return { id: first?.id ?? '', baseUrl };
}

async function accountOf(token: string, { baseUrl, variable }: { baseUrl: string; variable: string }): Promise<string> {
  const client = createDigitalOcean({ token, baseUrl, write: false, retries: 1, timeoutMs: 10_000 });
  try {
    const { team, uuid } = await client.account();
    return team?.uuid ?? uuid;
  } catch (error) {
    if (error instanceof ProviderError && error.status === 401)
      throw new ConfigError(`${baseUrl} rejected the token in ${variable}; check the token and start again.`, {
        cause: error,
      });
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`The account at ${baseUrl} could not be read: ${reason}`, { cause: error });
  }
}

/** The schemas of the services that call the provider. */
const callers: readonly string[] = ['inventory', 'billing', 'provisioning'];

/**
 * The table in which all services that call the provider count the requests of its tokens; it belongs to no service. Each statement
 * may run again.
 * @param roles the services' roles with their schemas; those of services that do not call the provider get no rights
 */
export function accountBudget(roles: readonly { role: string; schema: string }[]): string[] {
  const own = roles.filter(({ schema }) => callers.includes(schema)).map(({ role }) => role);
  if (own.length === 0) return [];
  return [
    `create schema if not exists provider`,
    `create unlogged table if not exists provider.token_budgets (
  token_hash text primary key,
  slot bigint not null,
  counts integer[] not null,
  hour_full_at timestamptz not null,
  blocked_until timestamptz
)`,
    `comment on table provider.token_budgets is 'Request budget of each provider token, shared by all services: requests by slots of two seconds, newest first'`,
    `grant usage on schema provider to ${own.join(', ')}`,
    `grant select, insert, update on provider.token_budgets to ${own.join(', ')}`,
  ];
}

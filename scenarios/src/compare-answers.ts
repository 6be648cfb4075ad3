import type { Ids } from './access-matrix.ts';

export type Answer = { status: number; text: string };

/** An answer without the ids of the request, for comparison with another answer. */
export const alike = ({ status, text }: Answer, ids: Ids): Answer => ({
  status,
  text: Object.values(ids)
    .reduce((shown, id) => shown.replaceAll(id, '<id>'), text)
    .replace(/"request_id":"[^"]*"/, ''),
});

type Audited = { items: { actor: { tenant_id: string | null } }[] };

/**
 * An answer of the audit log without the commands of one's own tenant, because they show what the tenant sent itself; any other
 * answer as it is.
 */
export const withoutOwnCommands = (path: string, { status, text }: Answer, other: string): string => {
  if (status !== 200 || !/^\/api\/v1\/audit(\?|$)/.test(path)) return text;
  const { items } = JSON.parse(text) as Audited;
  return JSON.stringify(items.filter(({ actor }) => actor.tenant_id === null || actor.tenant_id === other));
};

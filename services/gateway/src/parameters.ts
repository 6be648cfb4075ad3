import { nearWords, type RequestContract } from '@arcadia/contracts';
import { hasBody, type Method } from './operation.ts';

/**
 * Every query parameter of the API, each with the one spelling that it has on all routes. The test of the route table names a
 * parameter that is missing here.
 */
export const queryParameters = {
  at: 'an instant or a day at which something held',
  cursor: 'where a page starts: `next_cursor` of the page before',
  deployment_id: 'a deployment',
  finding: 'a finding of the reconciliation',
  from: 'the start of a range, inclusive',
  group_by: 'what a sum is divided by',
  hash: 'the hash of an entry of the audit log',
  history: 'how many days of history',
  include_deleted: 'whether deleted rows are listed too',
  include_ended: 'whether ended rows are listed too',
  invoice_id: 'an invoice to a tenant',
  invoice_uuid: 'an invoice of the provider',
  is_differing: 'whether a check found a difference',
  is_ended: 'whether it has ended',
  is_matched: 'whether a line of the bill is matched',
  is_overdue: 'whether payment is overdue',
  is_replaced: 'whether another row has taken its place',
  job: 'the name of a job',
  kind: 'a kind',
  limit: 'rows per page at most',
  number: 'a printed number',
  object_id: 'the object of a command',
  of: 'which part of a preview',
  outcome: 'how a command ended',
  period: 'a billing period, YYYY-MM',
  period_start: 'the start of a metered day or hour',
  plan_code: 'a plan',
  position: 'the position of an entry of the audit log',
  project_id: 'a project of the provider',
  q: 'a part of a name, upper or lower case',
  reason: 'a reason',
  recipient: 'an address of mails, upper or lower case',
  request: 'the name of a request',
  resource_id: 'a resource',
  service: 'a service',
  sort: 'the order of the rows; with a leading `-` descending',
  status: 'a status',
  subject: 'a person or program',
  tenant_id: 'a tenant',
  to: 'the end of a range, exclusive',
  total: 'whether the rows are counted',
} as const satisfies Record<string, string>;

/** Words that other APIs use, or that this one used, for a parameter. */
const otherWords: Readonly<Record<string, readonly string[]>> = {
  cursor: ['after', 'next', 'next_cursor', 'offset', 'page', 'page_token', 'starting_after'],
  from: ['after', 'begin', 'first', 'since', 'start'],
  invoice_uuid: ['invoice'],
  limit: ['count', 'max', 'page_size', 'per_page', 'size'],
  q: ['filter', 'name', 'query', 'search', 'text'],
  sort: ['order', 'order_by', 'sort_by'],
  status: ['state'],
  to: ['before', 'end', 'last', 'until'],
};

/** The names of a route's query parameters: the fields of its input that are neither in its path nor in its body. */
export const queryNamesOf = (route: { method: Method; path: string; contract: RequestContract }): string[] => {
  if (hasBody(route.method)) return [];
  const { shape = {} } = route.contract.input as { shape?: object };
  return Object.keys(shape).filter((name) => !route.path.includes(`{${name}}`));
};

/** Letters and digits alone, so that `tenantId`, `tenant-id` and `tenant_id` are the same. */
const bare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** The right name for a name that is not known: another spelling, a word with the same meaning, or one that is nearly the same. */
export const rightName = (given: string, known: readonly string[]): string | null => {
  const word = bare(given);
  const spelled = known.find((name) => bare(name) === word);
  if (spelled !== undefined) return spelled;
  const partly = known.find((name) =>
    [`is_${given}`, `include_${given}`, `${given}_id`, `${given}_uuid`, `${given}_code`].some(
      (longer) => bare(longer) === bare(name),
    ),
  );
  if (partly !== undefined) return partly;
  const meant = known.find((name) => otherWords[name]?.some((other) => bare(other) === word));
  return meant ?? nearWords(given.slice(0, 64), known)[0] ?? null;
};

/** The sentence about a name that a request may not use, and the right one or those that there are. */
export const describeUnknown = (given: string, known: readonly string[], noun: 'parameter' | 'field'): string => {
  const shown = JSON.stringify(given.length > 64 ? `${given.slice(0, 64)}…` : given).slice(1, -1);
  const right = rightName(given, known);
  if (right !== null) return `There is no ${noun} \`${shown}\` here; did you mean \`${right}\`?`;
  const all = known.map((name) => `\`${name}\``).join(', ');
  return `There is no ${noun} \`${shown}\` here; ${known.length === 0 ? `leave it out: there are no ${noun}s` : `there are ${all}`}.`;
};

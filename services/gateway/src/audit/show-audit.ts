import { type gateway, isRefusal, type RequestOutput, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { type ChainState, checkChain, hashAt, pageOfAudit } from '../store/audit.ts';

type Entry = RequestOutput<typeof gateway.listAudit>['items'][number];
type Verdict = RequestOutput<typeof gateway.verifyAudit>;

export async function listAudit({ input, actor }: ReadRequest<typeof gateway.listAudit>, ctx: Context) {
  const after = readCursor(input.cursor, [/^\d{1,15}$/]);
  if (isRefusal(after)) return after;
  const scope = tenantScope(actor);
  if (scope !== null && (input.tenant_id ?? scope) !== scope) return { items: [], next_cursor: null };
  const filter = {
    tenantId: scope ?? input.tenant_id ?? null,
    subject: input.subject ?? null,
    request: input.request ?? null,
    objectId: input.object_id ?? null,
    outcome: input.outcome ?? null,
    since: input.from ?? null,
    until: input.to ?? null,
  };
  const rows = await pageOfAudit(ctx.db, filter, { before: after?.[0] ?? null, limit: input.limit });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ position }) => [position],
    itemOf: ({ position, hash, entry }): Entry => ({ ...(entry as Entry), position: Number(position), hash }),
  });
}

const faults = {
  missing: 'is missing',
  hash: 'was changed, or inserted: its hash does not fit',
  column: 'has a column that differs from the entry itself',
} as const;

const faultOf = ({ fault, last, head }: ChainState): Verdict['fault'] => {
  if (fault !== null) return { position: fault.position, detail: `Entry ${fault.position} ${faults[fault.kind]}.` };
  if ((last?.position ?? 0) === head.position && (last?.hash ?? '') === head.hash) return null;
  const position = (last?.position ?? 0) + 1;
  return { position, detail: `Entry ${position} is missing: the log ends before its newest entry, ${head.position}.` };
};

/** Checks the chain, and that an entry which the caller has written down is still in it. */
export async function verifyAudit({ input }: ReadRequest<typeof gateway.verifyAudit>, ctx: Context) {
  const { position, hash } = input;
  if ((position === undefined) !== (hash === undefined))
    return refuse('invalid-input', 'Give `position` and `hash` together, or neither.');
  const state = await checkChain(ctx.db);
  let fault = faultOf(state);
  if (position !== undefined && hash !== undefined && (await hashAt(ctx.db, position)) !== hash)
    fault = { position, detail: `Entry ${position} has not the hash ${hash}: it was changed or is missing.` };
  const head = state.last ?? null;
  return { is_intact: fault === null, entries: state.entries, head, fault };
}

import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { Decimal } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import {
  type Share,
  shareByFractions,
  shareByOwnership,
  shareByWeight,
  type Weight,
} from '../domain/allocation/allocate-line.ts';
import { type NamedProject, ownersOfProject } from '../domain/allocation/project-owner.ts';
import { type LookUp, lineSpan, lookUpOf } from '../domain/cost-lines/cost-line.ts';
import { lineClassOf } from '../domain/cost-lines/line-kind.ts';
import { nameKey } from '../domain/cost-lines/line-name.ts';
import type { Span } from '../domain/cost-lines/line-times.ts';
import { type Candidates, candidatesAmong, type Match, matchLine } from '../domain/cost-lines/match-line.ts';
import { stretchesWithin, unallocated } from '../domain/cost-lines/ownership.ts';
import { type AllocationRule, rulesFor } from '../store/allocation/allocation-rules.ts';
import {
  byProject,
  deleteOutcome,
  directCosts,
  insertKeysToMatch,
  insertShares,
  type LineToMatch,
  linesToMatch,
  linesWithoutShares,
  storeMatches,
} from '../store/cost-lines/cost-lines.ts';
import { type InvoiceRow, updateMatched } from '../store/invoices/invoices.ts';
import { firstSyncAt, knownResources } from '../store/resources/known-resources.ts';
import { namedProjects } from '../store/resources/provider-projects.ts';
import { usageOf } from '../store/usage/metered-usage.ts';
import { type Publishing, publishInvoice } from './publish-invoice.ts';

type ReadInvoice = InvoiceRow & { reading_id: string };

/**
 * Matches every stored line of an invoice, allocates each cent of it, and publishes the invoice if its content has changed.
 * The caller holds the invoice's row lock.
 */
export async function settleInvoice(
  tx: Tx,
  invoice: InvoiceRow,
  publishing: Publishing,
): Promise<'published' | 'unchanged'> {
  const { reading_id } = invoice;
  if (reading_id === null) return 'unchanged';
  await deleteOutcome(tx.sql, reading_id);
  const context = {
    period: invoice.period,
    firstSyncAt: await firstSyncAt(tx.sql, invoice.provider),
    taken: new Taken(),
    rules: await rulesFor(tx.sql, invoice.period),
  };
  for await (const stored of linesToMatch(tx.sql, reading_id)) {
    const lines = stored.map((line) => ({ ...line, ...lookUpOf(line) }));
    const candidates = await candidatesFor(tx, invoice, lines);
    const projects = await namedProjects(tx.sql, invoice.provider, [...new Set(lines.flatMap(projectKeysOf))]);
    const decided = lines.map((line) => decide(line, candidates, { ...context, projects }));
    await storeMatches(tx.sql, reading_id, decided);
    await insertShares(tx.sql, reading_id, decided);
    const unmatched = decided.filter(({ match }) => match.resource_id === null).map(({ line }) => line);
    await insertKeysToMatch(tx.sql, reading_id, {
      providerIds: unmatched.flatMap(({ provider_ids }) => provider_ids),
      nameKeys: unmatched.flatMap(({ name_keys }) => name_keys),
      projectKeys: unmatched.flatMap(projectKeysOf),
    });
    await yieldToEventLoop();
  }
  await shareByRules(tx, { ...invoice, reading_id }, context.rules);
  await updateMatched(tx.sql, { ...invoice, reading_id });
  return publishInvoice(tx, invoice.invoice_uuid, publishing);
}

type LineWithLookUp = LineToMatch & LookUp;
type Decided = { line: LineWithLookUp; line_no: number; match: Match; shares: Share[] };

async function candidatesFor(tx: Tx, invoice: InvoiceRow, lines: readonly LineWithLookUp[]): Promise<Candidates> {
  const resources = await knownResources(tx.sql, {
    provider: invoice.provider,
    providerIds: [...new Set(lines.flatMap(({ provider_ids }) => provider_ids))],
    nameKeys: [...new Set(lines.flatMap(({ name_keys }) => name_keys))],
  });
  return candidatesAmong(resources);
}

type Rules = ReadonlyMap<string, AllocationRule>;
type MatchContext = {
  period: string;
  firstSyncAt: Temporal.Instant | null;
  taken: Taken;
  rules: Rules;
  projects: ReadonlyMap<string, readonly NamedProject[]>;
};

/**
 * Decides who bears a line. The first of these that names an owner holds:
 * 1. the owners of its resource during its span, found by the provider's id, else by kind and name;
 * 2. the owners of the project that the line names, also where its resource is not known;
 * 3. the operator's rule for its class, or for `other` (added by `shareByRules`, because a rule may need the costs of the other lines).
 */
function decide(line: LineWithLookUp, candidates: Candidates, context: MatchContext): Decided {
  const { taken, rules, projects } = context;
  const { kind, line_no } = line;
  const span = lineSpan(line, context.period);
  const match = matchLine({ kind, provider_ids: line.provider_ids, names: line.name_keys, span }, candidates, {
    firstSyncAt: context.firstSyncAt,
    isTaken: (id) => taken.has(kind, id, span),
  });
  if (match.resource_id === null) {
    const shares =
      shareByProject(line, span, projects) ?? (isSharedByRule(line, rules) ? [] : [unallocatedShare(line)]);
    return { line, line_no, match, shares };
  }
  if (candidates.hasRivals(match.resource_id)) taken.add(kind, match.resource_id, span);
  const resource = candidates.byResourceId(match.resource_id);
  const stretches = resource === undefined ? [] : stretchesWithin(resource, span);
  return { line, line_no, match, shares: shareByOwnership(line.amount_cents, stretches) };
}

/** The project that a line names. Tax is never that of one project. */
const projectKeysOf = ({ kind, project_name }: LineToMatch): string[] =>
  kind === 'tax' || project_name === '' ? [] : [nameKey(project_name)];

/**
 * Divides a line among the owners of its project. An account-level line in the operator's own project goes to its rule: it is there
 * because it belongs to no other project.
 */
function shareByProject(line: LineToMatch, span: Span, projects: MatchContext['projects']): Share[] | null {
  const [key] = projectKeysOf(line);
  const owners = key === undefined ? null : ownersOfProject(projects.get(key) ?? [], span);
  if (owners === null) return null;
  if (line.kind === 'account' && owners.every(({ owner }) => owner.target === 'operator')) return null;
  const rule = `${byProject}${line.project_name}`;
  return shareByOwnership(line.amount_cents, owners).map((share) => ({ ...share, rule, milliseconds: null }));
}

const unallocatedShare = (line: LineToMatch): Share => ({
  ...unallocated,
  amount_cents: line.amount_cents,
  rule: null,
  milliseconds: null,
});

/** The rule for a line that has no owner of its own. */
function ruleOf(line: { kind: string; product: string }, rules: Rules): { name: string; rule: AllocationRule } {
  const ownClass = lineClassOf(line);
  const lineClass = rules.has(ownClass) || ownClass === 'tax' ? ownClass : 'other';
  const rule: AllocationRule = rules.get(lineClass) ?? { method: 'none' };
  return { name: `${lineClass}:${rule.method}`, rule };
}

/** Tax and account-level lines always name their rule, even if there is none yet. */
const isSharedByRule = (line: LineToMatch, rules: Rules): boolean =>
  line.kind === 'tax' || line.kind === 'account' || ruleOf(line, rules).rule.method !== 'none';

/**
 * The resources that earlier lines of an invoice matched, with their spans, so that two droplets of one name get a line
 * each. Only resources that share their name are stored, because the others are never looked up.
 */
class Taken {
  readonly #spans = new Map<string, Span[]>();

  has(kind: string, resourceId: string, span: Span): boolean {
    return (this.#spans.get(`${kind} ${resourceId}`) ?? []).some(
      (other) =>
        Temporal.Instant.compare(other.start, span.end) < 0 && Temporal.Instant.compare(span.start, other.end) < 0,
    );
  }

  add(kind: string, resourceId: string, span: Span): void {
    const key = `${kind} ${resourceId}`;
    const spans = this.#spans.get(key);
    if (spans === undefined) this.#spans.set(key, [span]);
    else spans.push(span);
  }
}

/** Shares the lines without an owner by the rule of their class, after the direct costs of the other lines are known. */
async function shareByRules(tx: Tx, invoice: ReadInvoice, rules: Rules): Promise<void> {
  const weights = new Map<string, Weight[]>();
  for await (const lines of linesWithoutShares(tx.sql, invoice.reading_id)) {
    const shared: { line_no: number; shares: Share[] }[] = [];
    for (const line of lines) {
      const { name, rule } = ruleOf(line, rules);
      const known = weights.get(name) ?? (await weightsOf(tx, invoice, rule));
      weights.set(name, known);
      shared.push({ line_no: line.line_no, shares: shareByRule(line.amount_cents, rule, known, name) });
    }
    await insertShares(tx.sql, invoice.reading_id, shared);
  }
}

const shareByRule = (amountCents: number, rule: AllocationRule, weights: readonly Weight[], name: string): Share[] =>
  rule.method === 'fixed' ? shareByFractions(amountCents, weights, name) : shareByWeight(amountCents, weights, name);

async function weightsOf(tx: Tx, invoice: ReadInvoice, rule: AllocationRule): Promise<Weight[]> {
  if (rule.method === 'cost') {
    const costs = await directCosts(tx.sql, invoice.reading_id);
    return costs.map(({ amount_minor, ...target }) => ({ target, weight: new Decimal(amount_minor) }));
  }
  if (rule.method === 'usage') {
    const used = await usageOf(tx.sql, { period: invoice.period, kind: rule.kind });
    return used.map(({ quantity, deployment_id, tenant_id }) => ({
      target: { target: 'deployment', deployment_id, tenant_id },
      weight: new Decimal(quantity),
    }));
  }
  if (rule.method === 'fixed') {
    return rule.shares.map(({ fraction, ...target }) => ({ target, weight: new Decimal(fraction) }));
  }
  return [];
}

import type { Span } from '../cost-lines/line-times.ts';
import { type OwnedStretch, type Target, unallocated } from '../cost-lines/ownership.ts';

/** A time in which a project is bound to a deployment; `until` is null while it still is. */
export type ProjectBinding = { from: Temporal.Instant; until: Temporal.Instant | null; owner: Target };

/** A project of the provider that has or had the name on a line. */
export type NamedProject = {
  project_id: string;
  /** Whether it has the name now. */
  is_current: boolean;
  /** Its owner while it is bound to no deployment: its tenant, the operator for the operator's own project, else none. */
  otherwise: Target;
  /** In the order of `from`. */
  bindings: readonly ProjectBinding[];
};

/**
 * The owners of a project during a span. Before its first binding a project is taken to have belonged to the same deployment:
 * nothing is known of an earlier one. Null if no project or several have the name, because a name may be taken over by another project.
 */
export function ownersOfProject(named: readonly NamedProject[], span: Span): OwnedStretch[] | null {
  const current = named.filter(({ is_current }) => is_current);
  const [project, ...others] = current.length > 0 ? current : named;
  if (project === undefined || others.length > 0) return null;
  const stretches: OwnedStretch[] = [];
  let reached = span.start;
  const extend = (until: Temporal.Instant, owner: Target) => {
    const end = Temporal.Instant.compare(until, span.end) < 0 ? until : span.end;
    const milliseconds = end.epochMilliseconds - reached.epochMilliseconds;
    if (milliseconds <= 0) return;
    stretches.push({ owner, span: { start: reached, end }, milliseconds, name: '' });
    reached = end;
  };
  for (const [index, { from, until, owner }] of project.bindings.entries()) {
    if (index > 0) extend(from, project.otherwise);
    extend(until ?? span.end, owner);
  }
  extend(span.end, project.otherwise);
  return stretches.some(({ owner }) => owner.target !== unallocated.target) ? stretches : null;
}

import { isBefore, type Listed, type State } from './resource.ts';
import { type Change, isSame, type Segment } from './timeline.ts';

/**
 * The change by which a deleted resource that is listed again becomes present. A resource that reappears with its original
 * creation time was never deleted, because the provider uses an id once: the deletion is undone. A resource without a creation
 * time, such as a DNS zone or an address, is present again from now on.
 */
export const restoration = (
  last: Segment,
  { createdAt: created, seenAt }: Pick<Listed, 'createdAt'> & { seenAt: Temporal.Instant },
): Change => {
  if (created === null) return { at: seenAt, state: { is_present: true } };
  const createdAt = Temporal.Instant.from(created);
  const at = isBefore(last.at, createdAt) ? createdAt : last.at;
  return { at: isBefore(seenAt, at) ? seenAt : at, state: { is_present: true } };
};

/** Only the fields that differ, so that corrections of the past of other fields stay. */
export const difference = (before: State | undefined, after: State): NonNullable<Change['state']> => {
  if (before === undefined) return after;
  const { attrs, ...plain } = after;
  const names = [...new Set([...Object.keys(before.attrs), ...Object.keys(attrs)])];
  return {
    ...Object.fromEntries(Object.entries(plain).filter(([name, value]) => !isSame(before[name as keyof State], value))),
    // A removed attribute becomes undefined, which JSON leaves out.
    attrs: Object.fromEntries(
      names.filter((name) => !isSame(before.attrs[name], attrs[name])).map((name) => [name, attrs[name]]),
    ) as State['attrs'],
  };
};

import { type metering, observedUsages } from '@arcadia/contracts';
import type { z } from 'zod';

export type UnknownReason = z.infer<typeof metering.unknownReason>;

/** Why usage is unknown, in one sentence. `meteredFrom` is the first day on which the billing kind is metered. */
export const unknownDetail = (usage: { kind: string; reason: UnknownReason; meteredFrom: string }): string => {
  const { kind, reason, meteredFrom } = usage;
  if (reason === 'not-metered-yet')
    return `${kind} is metered from ${meteredFrom} on: an earlier version did not have this billing kind, so usage before is not known.`;
  return (
    observedUsages.find((one) => one.kind === kind)?.unknown ??
    `The observed state of the resource does not contain its quantity of ${kind}; report readings of it (POST /api/v1/usage).`
  );
};

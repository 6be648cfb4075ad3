import type { Json } from '../json.ts';

/** The state of a resource, as far as its quantity depends on it. */
export type ResourceState = {
  is_present: boolean;
  status: string | null;
  attrs: Readonly<Record<string, Json | undefined>>;
};

/** Units that a resource counts for while a state holds. */
export type Measure = {
  /** A decimal text of at least 0; null: the state does not contain their number, which is reported as unknown and never counted as 0. */
  units: string | null;
  /** What the price of these units depends on, such as the provider's size slug; null: the price is the same for all. */
  dimension: string | null;
};

/** A billing kind that a resource kind is metered as. */
export type ObservedUsage = {
  /** Name of the billing kind, such as `droplet_hours`. */
  kind: `${string}_${string}`;
  /** Unit of the billed quantity, in words. */
  unit: string;
  /** Divisor of the unit-seconds: the seconds of an hour or of the month. */
  per: 'hour' | 'month';
  /** The dimension that its price may depend on, in words, such as `size`; absent: it has none. */
  dimension?: string;
  /**
   * Another billing kind that counts the same thing in another way. The terms of a month charge one of the two: the one that they price
   * more closely, this one if both alike.
   */
  insteadOf?: string;
  /** Resource kind on whose lines of the bill it is, where that is another than its own. */
  billedAs?: string;
  /** Why its units may be unknown, and the remedy, in a sentence; absent: a general sentence is used. */
  unknown?: string;
  /**
   * Units that a present resource counts for, each dimension at most once; metering counts none for a deleted one.
   * @throws if an attribute that it reads is malformed
   */
  measure: (state: ResourceState) => readonly Measure[];
  /** Field of a quote's planned deployment, with the text and the example of the API. */
  quote: { field: string; of: 'count' | 'gigabytes'; description: string; example: number | string };
};

/**
 * How the provider bills a resource: `by-resource` on lines of its own or of its source; `by-account` within a line of the whole
 * account; `free` not at all. A kind that the provider bills is metered, as one billing kind or several, or has the reason why it is not.
 */
export type KindBilling =
  | { billed: 'free'; usages: readonly ObservedUsage[] }
  | { billed: 'by-resource' | 'by-account'; usages: readonly [ObservedUsage, ...ObservedUsage[]] }
  | { billed: 'by-resource' | 'by-account'; usages: readonly []; notMetered: string };

/** A kind of resource, as every service knows it. */
export type KindEntry = KindBilling & {
  /** Types in the provider's URNs. The first is the one to write. */
  urnTypes: readonly [string, ...string[]];
  /** Type to write for an IPv6 address, where it differs. */
  urnTypeOfIpv6?: string;
  /** Inventory job that lists it. A kind of `sync-projects` has no listing of its own: it is known from the projects' members. */
  job: `sync-${string}`;
  /** Scope that a token needs to list it; absent: another key lists it. */
  scope?: `${string}:read`;
  /** Whether a project at the provider can hold it. A resource that no project lists then belongs to the operator's own project. */
  isAssignable: boolean;
  /** Kinds from which it inherits its owner, unless a tag, a project or a person names another. */
  ownerFrom: readonly string[];
  /** Attribute with its size: gigabytes or nodes. Its unit-seconds are that many times its seconds. */
  sizeAttribute?: 'size_gb' | 'node_count';
  /** Attribute that is set while the provider charges nothing for it. */
  freeWhile?: string;
  /** Its products on a bill, in lower case; absent: it has no lines of its own. */
  bill?: {
    /**
     * `service`: everything that names the service is part of it, whatever else is in the phrase. `generic`: a phrase of any other
     * kind, or an ending of the description, is more specific.
     */
    precedence: 'service' | 'specific' | 'generic';
    products: readonly RegExp[];
    /** Ends of a line's description that only the provider writes, whatever the product. */
    endings?: readonly RegExp[];
  };
  /**
   * Kind whose lines it is billed with: a backup with its droplet, a worker with its cluster. `lineNames`: whether such a line
   * names that source or the resource itself.
   */
  billedWith?: { kind: string; lineNames: 'source' | 'itself' };
};

/** Declares the registry, keeping the names of its kinds and of the jobs that list them. */
export const defineKinds = <const Kinds extends Readonly<Record<string, KindEntry>>>(kinds: Kinds): Kinds => kinds;

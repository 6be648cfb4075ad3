export * from './resource-kinds/backup-share.ts';
export * from './resource-kinds/billed-kinds.ts';
export * from './resource-kinds/derived.ts';
export type { KindEntry, ObservedUsage, ResourceState } from './resource-kinds/kind-entry.ts';
export {
  type ListedKind,
  type MemberKind,
  neverListed,
  type ResourceKind,
  resourceKinds,
} from './resource-kinds/kinds.ts';
export * from './resource-kinds/list-prices.ts';
export * from './resource-kinds/monthly-price.ts';

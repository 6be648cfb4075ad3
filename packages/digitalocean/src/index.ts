export { accountOfTokens, hasAnyToken, type TokenAccount } from './access/accounts.ts';
export { type AccessConfig, accessVariables, type Purpose, parseAccess } from './access/config.ts';
export {
  type AccessContext,
  type ConnectionOptions,
  connectProvider,
  hasToken,
  NoProviderToken,
} from './access/connect.ts';
export { processLedger } from './access/process-ledger.ts';
export { type BudgetLedger, sharedBudget, type TokenUse } from './access/shared-budget.ts';
export { blockedUntil, hashOfToken, tokenLedger } from './access/token-ledger.ts';
export type { Account, Action, Image, Region, Registry, Size, Tag } from './account.ts';
export type {
  Balance,
  BillingHistoryEntry,
  InvoiceHeader,
  InvoiceItem,
  InvoiceSummary,
  ProviderFile,
} from './billing.ts';
export {
  type AnswerHead,
  createTokenBudget,
  retryAfterMs,
  type TokenBudget,
  type TokenBudgetOptions,
} from './budget.ts';
export { createDigitalOcean, type DigitalOcean, type DigitalOceanOptions, type WaitForAction } from './digitalocean.ts';
export type {
  AssociatedChoice,
  AssociatedResources,
  Backup,
  BackupPolicy,
  Droplet,
  DropletAction,
  DropletCreation,
} from './droplets.ts';
export { ProviderError, type ProviderFault, WriteRefusedError } from './errors.ts';
export { anyFlag, anyText, idText, neededCount, regionSlug, textList, timeText } from './fields.ts';
export type { IncompleteReason, KnownPages, Listing, ListingOutcome, Page, PageMark, Pages } from './listing.ts';
export type { ListingCalls, ListingOptions } from './listing-of.ts';
export type { App, Database, DatabaseReplica, KubernetesCluster } from './managed.ts';
export type { CdnEndpoint, Domain, Firewall, LoadBalancer, ReservedIp, ReservedIpv6, Vpc } from './network.ts';
export type { Project, ProjectCreation, ProjectResource } from './projects.ts';
export type { Snapshot, Volume, VolumeAction, VolumeCreation } from './storage.ts';
export type { AttemptLog } from './transport.ts';

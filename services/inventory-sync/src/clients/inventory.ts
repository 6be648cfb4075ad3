import type { ListedKind, MemberKind } from '@arcadia/contracts';
import { type DigitalOcean, ProviderError } from '@arcadia/digitalocean';
import type { SpacesConfig } from '../config.ts';
import type { ListedProject, Member } from '../domain/projects/project.ts';
import type { LoggedAction } from '../domain/resources/droplet-actions.ts';
import { instant } from './describe.ts';
import { describeMember, describeProject } from './describe-projects.ts';
import {
  dropletListing,
  kindListings,
  type MemberDescriptions,
  memberDescriptions,
  nothingKnown,
} from './kind-listings.ts';
import type { Listing, ListingEnd } from './listing.ts';
import { incompleteIfNotFound, readThrough } from './read-listing.ts';

type InventoryContext = { spaces: SpacesConfig | null };

/** The provider account as the inventory reads it: every response in our terms. */
export type Inventory = ReturnType<typeof inventoryOf>;

export function inventoryOf(api: DigitalOcean, ctx: InventoryContext) {
  return {
    /** The listing of a kind that has one. */
    listing: (kind: ListedKind, known = nothingKnown): Listing => kindListings[kind]({ api, ...known }),
    /** The droplets as they are listed, for their statuses: the plans of their backups are not requested. */
    dropletStatuses: (): Listing => dropletListing(api),
    actionsSince: (since: Temporal.Instant, signal: AbortSignal) => actionsSince(api, since, signal),
    sizes: (signal: AbortSignal) => api.sizes.list({ signal }),
    listProjects: (onPage: (projects: ListedProject[]) => Promise<void>, signal: AbortSignal): Promise<ListingEnd> =>
      readThrough(api.projects.pages({ signal, isReadAhead: true }), {
        each: (project) => [describeProject(project)],
        onBatch: onPage,
      }),
    listMembers: (
      projectId: string,
      onPage: (members: Member[]) => Promise<void>,
      signal: AbortSignal,
    ): Promise<ListingEnd> =>
      incompleteIfNotFound(
        readThrough(api.projects.resourcesOf(projectId).pages({ signal, isReadAhead: true }), {
          each: ({ urn }) => describeMember(urn),
          onBatch: onPage,
        }),
      ),
    createProject: async (name: string): Promise<ListedProject> =>
      describeProject(
        await api.projects.create({
          name,
          purpose: 'Operational / Developer tooling',
          description: 'Resources that belong to no customer',
          environment: 'Production',
        }),
      ),
    describeMembers: (kind: string, signal: AbortSignal) => describeMembers(ctx, kind, signal),
  };
}

/** The most pages of actions that are read: no account makes 10,000 actions between two sweeps. */
const actionPages = 50;

/** Actions on droplets since an instant; null if the token may not read the log. */
async function actionsSince(
  api: DigitalOcean,
  since: Temporal.Instant,
  signal: AbortSignal,
): Promise<LoggedAction[] | null> {
  const found: LoggedAction[] = [];
  try {
    for await (const page of api.actions.pages({ signal })) {
      const recent = page.items.filter((action) => {
        const at = instant(action.completed_at) ?? instant(action.started_at);
        return at !== null && Temporal.Instant.compare(at, since) >= 0;
      });
      for (const action of recent) {
        const { resource_id: providerId, status } = action;
        const startedAt = instant(action.started_at);
        if (action.resource_type !== 'droplet' || typeof providerId !== 'string') continue;
        if (status === 'errored' || startedAt === null) continue;
        const completedAt = status === 'completed' ? instant(action.completed_at) : null;
        const region = action.region_slug ?? action.region;
        found.push({ actionId: String(action.id), type: action.type, providerId, region, startedAt, completedAt });
      }
      if (recent.length === 0 || page.number >= actionPages) break;
    }
  } catch (error) {
    if (error instanceof ProviderError && (error.status === 403 || error.status === 404)) return null;
    throw error;
  }
  return found;
}

const hasDescription = (kind: string): kind is MemberKind => Object.hasOwn(memberDescriptions, kind);

/** Describes resources of a kind that only projects list; null if the provider describes no more than their URNs. */
async function describeMembers(
  ctx: InventoryContext,
  kind: string,
  signal: AbortSignal,
): Promise<MemberDescriptions | null> {
  return hasDescription(kind) ? memberDescriptions[kind]({ spaces: ctx.spaces, signal }) : null;
}

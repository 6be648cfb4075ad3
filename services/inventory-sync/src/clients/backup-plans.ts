import type { DigitalOcean } from '@arcadia/digitalocean';
import type { Listed } from '../domain/resources/resource.ts';
import { failureText } from './failure-text.ts';
import type { BatchPages, Listing } from './listing.ts';
import { explain } from './read-listing.ts';

/** The plans of the backups that are on, by provider id of the droplet, and why they are not all known; null: they are. */
type Plans = { plans: ReadonlyMap<string, string | null>; detail: string | null };

type Source = {
  api: DigitalOcean;
  /** The plans that the inventory knows, by provider id of the droplet. */
  backupPlans: () => Promise<ReadonlyMap<string, string>>;
};

/**
 * A listing of droplets with the plan of their backups, which the provider lists apart and for the whole account at once. The plans are
 * requested when a page is read that shows a droplet with backups, and while its batch waits for them the next pages are read. Where the
 * plans are refused the droplets keep those that the inventory knows, and the listing is not complete.
 */
export function withBackupPlans(from: Source, listing: Listing): Listing {
  return async (onPage, signal, known) => {
    let reading: Promise<Plans> | null = null;
    const plansOnce = (): Promise<Plans> => (reading ??= readPlans(from, signal));
    const planned = async (items: Listed[]): Promise<Listed[]> => {
      if (!items.some(hasBackups)) return items;
      const { plans } = await plansOnce();
      return items.map((listed) => (hasBackups(listed) ? withPlan(listed, plans) : listed));
    };
    const end = await listing(
      async (items, seenAt, pages) => {
        const shown = await planned(items);
        await onPage(shown, seenAt, pages === undefined ? undefined : pagesOf(pages, shown, planned));
      },
      signal,
      known,
    );
    const detail = reading === null ? null : (await plansOnce()).detail;
    return detail === null ? end : { ...end, isComplete: false, detail: end.detail ?? `plans of backups: ${detail}` };
  };
}

const hasBackups = ({ attrs }: Listed): boolean => 'backup_plan' in attrs;

/** A droplet may keep backups after they were switched off, and then has no plan. */
const withPlan = (listed: Listed, plans: Plans['plans']): Listed => {
  const { backup_plan: _, ...attrs } = listed.attrs;
  const plan = plans.get(listed.providerId) ?? null;
  const { features } = attrs;
  const isOn = plans.has(listed.providerId) || (Array.isArray(features) && features.includes('backups'));
  return { ...listed, attrs: isOn ? { backup_plan: plan, ...attrs } : attrs };
};

/** A page with a droplet whose plan is not known yet is read again each time. */
const pagesOf = (
  { read, known }: BatchPages,
  shown: readonly Listed[],
  planned: (items: Listed[]) => Promise<Listed[]>,
): BatchPages => ({
  read: read.filter(({ from, to }) => shown.slice(from, to).every(({ attrs }) => attrs['backup_plan'] !== null)),
  known: known.map((page) => ({ mark: page.mark, read: async () => planned(await page.read()) })),
});

async function readPlans({ api, backupPlans }: Source, signal: AbortSignal): Promise<Plans> {
  try {
    const policies = await api.droplets.backupPolicies.list({ signal });
    const plans = policies.items.flatMap((policy) =>
      policy.backup_enabled ? [[policy.droplet_id, policy.backup_policy?.plan ?? null] as const] : [],
    );
    if (policies.complete) return { plans: new Map(plans), detail: null };
    return {
      plans: new Map([...(await backupPlans()), ...plans]),
      detail: explain(policies.reason, policies),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return { plans: await backupPlans(), detail: failureText('droplet', error) };
  }
}

import { Decimal } from 'decimal.js';
import { type SettledItem, settleItem } from './settle-world.ts';
import type { Simulated } from './simulated.ts';
import type { Kind, ProviderObject, States } from './store.ts';
import type { InvoiceItem } from './world-billing.ts';
import { milliseconds, providerTime } from './world-fields.ts';

/** The provider bills a month as 672 hours; more hours cost nothing more. */
const cappedHours = 672;
const hourMs = 3_600_000;
/** Monthly list prices in USD, by unit. */
const monthly = { volumeGigabyte: '0.10', snapshotGigabyte: '0.06', balancerNode: '12', reservedIp: '5', spaces: '5' };
/** Share of its droplet's price that backups cost, by plan. */
const backupShare = { weekly: '0.2', daily: '0.3' } as const;

/** The fields of a line that its product does not set. */
export const plainItem = { group_description: '', duration_unit: 'Hours', project_name: '', category: 'iaas' } as const;

/** A line without its time: its price for a whole month, and its text. */
type Charge = { monthly: Decimal.Value; product: string; description: string; resource?: string };

/** A product of the provider: null where a state of an object costs nothing. */
type Product<K extends Kind> = (state: States[K], id: string, simulated: Simulated) => Charge | null;

const priceOf = ({ sizes }: Simulated, slug: string): string => sizes.get(slug)?.priceMonthly ?? '0';

const droplet: Product<'droplet'> = ({ name, size }, id, simulated) => ({
  monthly: priceOf(simulated, size),
  product: 'Droplets',
  description: `${name} (${size})`,
  resource: id,
});

const dropletBackups: Product<'droplet'> = ({ name, size, backups }, id, simulated) =>
  backups === null
    ? null
    : {
        monthly: new Decimal(priceOf(simulated, size)).times(backupShare[backups.plan]),
        product: 'Droplet Backups',
        description: `${name} (${backups.plan === 'weekly' ? 'Weekly' : 'Daily'} Backup Services)`,
        resource: id,
      };

const volume: Product<'volume'> = ({ name, size }, id) => ({
  monthly: new Decimal(monthly.volumeGigabyte).times(size),
  product: 'Volumes',
  description: `${name} (${size}GB)`,
  resource: id,
});

const snapshot: Product<'snapshot'> = ({ name, size, source, regions }, id) => {
  const word = source === 'droplet' ? 'Droplet' : 'Volume';
  return {
    monthly: new Decimal(monthly.snapshotGigabyte).times(size),
    product: `${word} Snapshots`,
    description: `${name} (${regions[0]}) ${size}GB ${word} Snapshot`,
    resource: id,
  };
};

const loadBalancer: Product<'load_balancer'> = ({ name, nodes }, id) => ({
  monthly: new Decimal(monthly.balancerNode).times(nodes),
  product: 'Load Balancers',
  description: `${name} (${nodes} ${nodes === 1 ? 'node' : 'nodes'})`,
  resource: id,
});

const reservedIp: Product<'reserved_ip'> = (state, id) =>
  state.droplet === null
    ? { monthly: monthly.reservedIp, product: 'Floating IPs', description: `Unused Floating IP - ${id}` }
    : null;

/** The lines of everything billable that existed in a span, at list prices. */
export function usageItems(simulated: Simulated, span: { start: string; end: string }): SettledItem[] {
  const { store } = simulated;
  const [from, to] = [milliseconds(span.start), milliseconds(span.end)];
  const projects = new Map(store.all('project').map(({ id, birth }) => [id, birth.name]));
  const lines = <K extends Kind>(kind: K, product: Product<K>): SettledItem[] =>
    store.all(kind).flatMap((object) =>
      stretchesOf(object, (state) => product(state, object.id, simulated), { from, to }).map((each) => {
        const { project } = each.state as { project?: string | null };
        return line(each.charge, each, projects.get(project ?? '') ?? '');
      }),
    );
  const hasSpaces = store
    .all('bucket')
    .some(({ createdAt, destroyedAt }) => createdAt < to && (destroyedAt ?? to) > from);
  const spaces = { monthly: monthly.spaces, product: 'Spaces Subscription', description: spacesText };
  return [
    ...lines('droplet', droplet),
    ...lines('droplet', dropletBackups),
    ...lines('volume', volume),
    ...lines('snapshot', snapshot),
    ...lines('load_balancer', loadBalancer),
    ...lines('reserved_ip', reservedIp),
    ...(hasSpaces ? [line(spaces, { from, to }, '')] : []),
  ];
}

const spacesText = 'Spaces ($5/mo 250GB storage & 1TB bandwidth)';

function line(
  { monthly: price, ...texts }: Charge,
  { from, to }: { from: number; to: number },
  project_name: string,
): SettledItem {
  const hours = Math.ceil((to - from) / hourMs);
  const times = { start: providerTime(from), end: providerTime(to) };
  const amount = new Decimal(price).times(Math.min(hours, cappedHours)).div(cappedHours).toFixed(2);
  const item: InvoiceItem = { ...plainItem, ...texts, amount, duration: String(hours), project_name };
  return settleItem(item, times);
}

type Stretch<K extends Kind> = { from: number; to: number; state: States[K]; charge: Charge };

/** The parts of an object's existence within a span that cost the same, each with the state at its end; free ones are left out. */
function stretchesOf<K extends Kind>(
  { createdAt, destroyedAt, birth, changes }: ProviderObject<K>,
  charge: (state: States[K]) => Charge | null,
  { from, to }: { from: number; to: number },
): Stretch<K>[] {
  const end = Math.min(to, destroyedAt ?? to);
  const found: (Omit<Stretch<K>, 'charge'> & { charge: Charge | null })[] = [];
  let state = birth;
  for (const change of [{ at: createdAt, set: {} }, ...changes]) {
    const start = Math.max(from, change.at);
    if (start >= end) break;
    state = { ...state, ...change.set };
    const [last, now] = [found.at(-1), charge(state)];
    if (last !== undefined && (start === last.from || String(last.charge?.monthly) === String(now?.monthly))) {
      Object.assign(last, { state, charge: now });
      continue;
    }
    if (last !== undefined) last.to = start;
    found.push({ from: start, to: end, state, charge: now });
  }
  return found.filter((each): each is Stretch<K> => each.charge !== null);
}

import {
  type Actor,
  type EventData,
  inventorySync,
  type invoicing,
  isRefusal,
  nameUuid,
  provisioning,
  type Refusal,
  resourceId,
} from '@arcadia/contracts';
import { playedClock } from '@arcadia/platform';
import { deploymentChangeOf, publishEvent, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { service } from '../src/index.ts';

export const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
export const tenantActor = (tenant: string): Actor => ({
  subject: `user of ${tenant}`,
  tenant_id: tenant,
  roles: ['tenant'],
});
export const deploymentId = (name: string): string => nameUuid('deployment', name);

/** The answer; a refusal fails the test. */
export const granted = <Answer>(answer: Answer): Exclude<Answer, Refusal> => {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.refused}: ${answer.detail}`);
  return answer as Exclude<Answer, Refusal>;
};

type Observation = EventData<typeof inventorySync.resourceObserved>;

export type Seen = {
  kind: string;
  /** The provider's id. */
  name: string;
  at: string;
  revision: number;
  /** A deployment of the same tenant by default; null for unowned. */
  deployment?: string | null;
  tenant?: string;
  status?: string | null;
  isPresent?: boolean;
  attrs?: Observation['attrs'];
};

/** A `resource.observed` with defaults for everything that the test does not name. */
export const observation = (seen: Seen): Observation => {
  const deployment = seen.deployment === undefined ? 'shop' : seen.deployment;
  return {
    resource_id: resourceId('digitalocean', seen.kind, seen.name),
    provider: 'digitalocean',
    kind: seen.kind,
    provider_id: seen.name,
    name: seen.name,
    revision: seen.revision,
    effective_at: seen.at,
    observed_at: seen.at,
    is_present: seen.isPresent ?? true,
    status: seen.status === undefined ? (seen.kind === 'droplet' ? 'active' : null) : seen.status,
    region: 'syd1',
    created_at: null,
    attrs: seen.attrs ?? {},
    owner: {
      tenant_id: deployment === null ? null : (seen.tenant ?? 'acme.com'),
      deployment_id: deployment === null ? null : deploymentId(deployment),
      project_id: null,
      attributed_by: deployment === null ? null : 'project',
    },
    cause: 'updated',
  };
};

export const deploymentChange = (name: string, tenant = 'acme.com') =>
  deploymentChangeOf({ deployment_id: deploymentId(name), tenant_id: tenant, slug: name });

export const sweep = (kind: string, at: string): EventData<typeof inventorySync.inventorySwept> => ({
  provider: 'digitalocean',
  kind,
  sweep_id: nameUuid('sweep', kind, at),
  started_at: at,
  completed_at: at,
  count: 1,
});

/** 1488 droplet hours and an addon of 12 more, all April and after. */
export const subscription = (): EventData<typeof invoicing.subscriptionChanged> => ({
  subscription_id: nameUuid('subscription', 'shop'),
  deployment_id: deploymentId('shop'),
  tenant_id: 'acme.com',
  revision: 1,
  status: 'active',
  effective_at: '2026-04-01T00:00:00Z',
  starts_at: '2026-04-01T00:00:00Z',
  ends_at: null,
  trial_ends_at: null,
  plan: {
    code: 'studio',
    name: 'Studio',
    version: 1,
    base_price_cents: 5000,
    currency: 'AUD',
    proration: 'none',
    items: [
      {
        kind: 'droplet_hours',
        included_qty: '1488',
        overage_unit: '1',
        overage_price_cents: '1',
        charge_model: 'standard',
        tiers: null,
        hard_cap_qty: null,
      },
    ],
  },
  addons: [
    {
      addon_id: nameUuid('addon', 'hours'),
      code: 'hours',
      quantity: 2,
      kind: 'droplet_hours',
      qty: '6',
      price_cents: 100,
      starts_at: '2026-04-01T00:00:00Z',
      ends_at: null,
    },
  ],
  fallback_prices: [],
  tax: { name: 'GST', rate: '0.1', registration_number: null, is_inclusive: false, rounding: 'half_up' },
});

/** Metering on real servers with its clock stopped at `at`. */
export async function stage(at: string) {
  const database = await throwawayDatabase({ service: 'metering' });
  const nats = await throwawayNats();
  const clock = playedClock(Temporal.Instant.from(at));
  const metering = await startTestService(service, { database, nats, clock });
  return {
    database,
    nats,
    clock,
    metering,
    async observe(...seen: Seen[]) {
      await publishEvent(nats, inventorySync.resourceObserved, seen.map(observation));
      await metering.settled();
    },
    async sweep(at: string, ...kinds: string[]) {
      await publishEvent(
        nats,
        inventorySync.inventorySwept,
        kinds.map((kind) => sweep(kind, at)),
      );
      await metering.settled();
    },
    async deploy(...names: string[]) {
      await publishEvent(
        nats,
        provisioning.deploymentChanged,
        names.map((name) => deploymentChange(name)),
      );
      await metering.settled();
    },
    /** Meters a day at 01:10 of the next one. */
    async meterDay(day: string) {
      const tick = Temporal.PlainDate.from(day)
        .add({ days: 1 })
        .toZonedDateTime('UTC')
        .toInstant()
        .add({ minutes: 70 });
      if (Temporal.Instant.compare(clock.now(), tick) < 0) clock.set(tick);
      await metering.runJob('meter-day', tick);
    },
    async [Symbol.asyncDispose]() {
      await metering[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

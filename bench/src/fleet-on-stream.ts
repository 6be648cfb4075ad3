import { type EventData, inventorySync, nameUuid, resourceId } from '@arcadia/contracts';
import { awaitJob, type Bus, encodeEvent, messageHeaders, publishInOrder, triggerJob } from '@arcadia/platform';

const { resourceObserved } = inventorySync;
const size = 1_000;

/** Ten resources to a deployment, fifty deployments to a tenant. */
export const placeOf = (resource: number) => ({
  tenant: `tenant-${Math.floor(resource / 500)}`,
  deployment: nameUuid('deployment', String(Math.floor(resource / 10))),
});

/** Publishes a state of each resource, three droplets to one volume, that holds from the start of a month on; sizes alternate with the revision. */
export async function observeFleet(
  bus: Bus,
  { resources, month, revision }: { resources: number; month: Temporal.PlainYearMonth; revision: number },
): Promise<void> {
  const at = `${month.toString()}-01T00:00:00Z`;
  for (let from = 0; from < resources; from += size) {
    const messages = Array.from({ length: Math.min(size, resources - from) }, (_, index) => {
      const [event] = encodeEvent(resourceObserved, stateOf(from + index, { at, revision }), {
        occurredAt: Temporal.Instant.from(at),
        headers: null,
      });
      if (event === undefined) throw new Error('the event was not encoded');
      const { subject, payload } = event;
      return { subject, payload, headers: messageHeaders(event, 'inventory-sync') };
    });
    await publishInOrder(bus, 'INVENTORY', messages);
  }
}

function stateOf(
  resource: number,
  { at, revision }: { at: string; revision: number },
): EventData<typeof resourceObserved> {
  const isVolume = resource % 4 === 3;
  const kind = isVolume ? 'volume' : 'droplet';
  const name = `${kind}-${resource}`;
  const droplet = { size_slug: revision % 2 === 1 ? 's-1vcpu-1gb' : 's-2vcpu-4gb', vcpus: 1, tags: ['web'] };
  const { tenant, deployment } = placeOf(resource);
  return {
    ...{ resource_id: resourceId('digitalocean', kind, name), provider: 'digitalocean', kind, provider_id: name, name },
    ...{ revision, effective_at: at, observed_at: at, created_at: at, is_present: true, region: 'syd1' },
    ...{ status: isVolume ? null : 'active', cause: revision === 1 ? 'discovered' : 'updated' },
    attrs: isVolume ? { size_gb: String(99 + revision) } : droplet,
    owner: { tenant_id: tenant, deployment_id: deployment, project_id: null, attributed_by: 'project' },
  };
}

/** Meters all days of a month: they are triggered at once, as after an outage, and done as the queue allows. */
export async function meterDays(bus: Bus, month: Temporal.PlainYearMonth): Promise<void> {
  const runs = Array.from({ length: month.daysInMonth }, (_, index) => {
    const day = month.toPlainDate({ day: index + 1 }).toString();
    const scheduledAt = Temporal.Instant.from(`${day}T00:00:00Z`).add({ hours: 25, minutes: 10 });
    return { scheduledAt, input: { day }, cause: `bench-${day}`, timeoutMs: 1_800_000 };
  });
  for (const each of runs) await triggerJob(bus, 'metering', 'meter-day', each);
  for (const each of runs) await awaitJob(bus, 'metering', 'meter-day', each);
}

import { resourceId } from '@arcadia/contracts';

/** The kind of resource by the word with which an offboarding lists it as destroyed. */
const kindOf = {
  volume: 'volume',
  snapshot: 'snapshot',
  'volume snapshot': 'snapshot',
  'reserved IP': 'floating_ip',
} as const;

/**
 * The resources that offboardings list as destroyed, such as `droplet web-1 (101)` or `volume 5a6d`, by their resource ids: inventory
 * may still show them for some minutes. Droplets are also named by the provider's id, because their backups go with them.
 */
export function destroyedResources(texts: readonly string[]): { resourceIds: string[]; dropletIds: string[] } {
  const dropletIds = texts.flatMap((text) => /^droplet .+ \((\d+)\)$/.exec(text)?.[1] ?? []);
  const others = texts.flatMap((text) => {
    const [, word, id] = /^(volume snapshot|volume|snapshot|reserved IP) (\S+)$/.exec(text) ?? [];
    if (word === undefined || id === undefined) return [];
    return [resourceId('digitalocean', kindOf[word as keyof typeof kindOf], id)];
  });
  return { resourceIds: [...dropletIds.map((id) => resourceId('digitalocean', 'droplet', id)), ...others], dropletIds };
}

import type { ActionLog } from './actions.ts';
import { type Region, regions, type Size, sizeCatalogue } from './catalogue.ts';
import type { Store } from './store.ts';
import type { World } from './world.ts';

/** The state that every route uses: the objects over time, the action log, the catalogue and the world. */
export interface Simulated {
  readonly world: World;
  readonly store: Store;
  readonly actions: ActionLog;
  readonly sizes: ReadonlyMap<string, Size>;
  readonly regions: ReadonlyMap<string, Region>;
  /** An integer that no object uses. */
  nextInteger(): number;
  /** The integer issued last. */
  lastInteger(): number;
}

const features = ['backups', 'ipv6', 'metadata', 'install_agent', 'storage', 'image_transfer'];

/** The catalogue of a world, by slug. */
export function catalogueOf(world: World): Pick<Simulated, 'sizes' | 'regions'> {
  return {
    sizes: new Map(sizeCatalogue(world.provider.sizes).map((size) => [size.slug, size])),
    regions: new Map(regions.map((region) => [region.slug, region])),
  };
}

/** A region as shown inside other objects. */
export function showRegion(simulated: Simulated, slug: string): object {
  const sizes = [...simulated.sizes.values()].filter((size) => size.regions.includes(slug)).map((size) => size.slug);
  return { name: simulated.regions.get(slug)?.name ?? slug, slug, features, available: true, sizes };
}

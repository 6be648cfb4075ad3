import { nearText, usageKinds } from '@arcadia/contracts';
import { type World, WorldError } from '@arcadia/digitalocean-simulator';

type Named = { kind?: string | undefined };

/** The fields of a world that name a billing kind, each with its path in the file. */
const kindsOf = ({ platform }: World): { place: string; kind: string }[] => {
  const { catalog, terms, usage, alerts } = platform;
  const lists: [path: string, items: readonly Named[]][] = [
    ['usage', usage ?? []],
    ['alerts', alerts ?? []],
    ['terms.discounts', terms?.discounts ?? []],
    ['terms.price_overrides', terms?.price_overrides ?? []],
    ['catalog.addons', catalog?.addons ?? []],
    ['catalog.prices', catalog?.prices ?? []],
    ...(catalog?.plans ?? []).map(({ items }, plan): [string, readonly Named[]] => [
      `catalog.plans[${plan}].items`,
      items,
    ]),
  ];
  return lists.flatMap(([path, items]) =>
    items.flatMap(({ kind }, index) =>
      kind === undefined ? [] : [{ place: `platform.${path}[${index}].kind`, kind }],
    ),
  );
};

/**
 * Refuses a world that names a billing kind which does not exist, before anything is played: a world has no kinds of its own.
 * @throws WorldError naming every such field
 */
export const checkKinds = (world: World, filename: string): void => {
  const known = Object.keys(usageKinds);
  const faults = kindsOf(world)
    .filter(({ kind }) => !Object.hasOwn(usageKinds, kind))
    .map(({ place, kind }) => `${place}: there is no billing kind "${kind}"${nearText(kind, known)}`);
  if (faults.length > 0)
    throw new WorldError([`${filename} is not a usable world:`, ...faults.map((fault) => `  ${fault}`)].join('\n'));
};

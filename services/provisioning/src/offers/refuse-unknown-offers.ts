import { nearWords, type Refusal, refuse } from '@arcadia/contracts';
import { errorText } from '@arcadia/platform';
import { providerOf } from '../clients/digitalocean.ts';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';

/** The names that the provider's lists have. */
type Offers = { regions: readonly string[]; sizes: readonly string[]; readAt: Temporal.Instant };

const words = { region: 'unknown-region', size_slug: 'unknown-size', image: 'unknown-image' } as const;
type Name = keyof typeof words;

/** A name that the lists had is not looked up again; one that they lacked is, at most once in this time. */
const freshFor = { seconds: 30 };
/** A command is not held up for longer than this by a provider that does not answer, in milliseconds. */
const patienceMs = 3_000;

const known = new WeakMap<Config, Offers>();

/**
 * The refusal of the first region, size or image that the provider does not have, naming the near ones; null if it has all. A list
 * that cannot be read refuses nothing (decision 0058): a saga compares its request with the lists again before it creates anything.
 */
export async function refuseUnknownOffers<Given extends Name>(
  ctx: Context,
  given: { readonly [name in Given]?: unknown },
  signal: AbortSignal,
): Promise<Refusal<(typeof words)[Given]> | null> {
  const named = Object.entries(given).flatMap(([name, value]) =>
    Object.hasOwn(words, name) && typeof value === 'string' && value !== '' ? [[name as Given, value] as const] : [],
  );
  if (named.length === 0) return null;
  const patience = patient(signal);
  try {
    for (const [name, value] of named) {
      const near = await nearUnlessOffered(ctx, { name, value, signal: patience });
      if (near === null) continue;
      const hint = near.length === 0 ? '' : ` Near it: ${near.join(', ')}.`;
      const what = words[name].replace('unknown-', '');
      return refuse(words[name], `The provider offers no ${what} ${value}.${hint}`, { name: value, near });
    }
  } catch (error) {
    noteUnread(ctx, error);
  }
  return null;
}

/** Whether the provider has a droplet, or does not answer. */
export async function isAtProvider(ctx: Context, dropletId: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await providerOf(ctx, patient(signal)).droplet(dropletId)) !== null;
  } catch (error) {
    noteUnread(ctx, error);
    return true;
  }
}

const patient = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);

const noteUnread = ({ log }: Context, error: unknown): void => {
  log.warn(
    `the provider could not be read, so the names of a request are not compared with its own: ${errorText(error)}`,
  );
};

/** The names near one that the provider does not offer; null: it offers it. */
async function nearUnlessOffered(
  ctx: Context,
  { name, value, signal }: { name: Name; value: string; signal: AbortSignal },
): Promise<string[] | null> {
  if (name === 'image') {
    const provider = providerOf(ctx, signal);
    return (await provider.image(value)) === null ? nearWords(value, await provider.publicImages()) : null;
  }
  const of = name === 'region' ? 'regions' : 'sizes';
  const offers = known.get(ctx.config);
  if (offers?.[of].includes(value) === true) return null;
  const fresh = offers === undefined || isStale(ctx, offers) ? await readOffers(ctx, signal) : offers;
  return fresh[of].includes(value) ? null : nearWords(value, fresh[of]);
}

async function readOffers(ctx: Context, signal: AbortSignal): Promise<Offers> {
  const provider = providerOf(ctx, signal);
  const [regions, sizes] = [await provider.regions(), await provider.sizes()];
  const offers = { regions, sizes: sizes.map(({ slug }) => slug), readAt: ctx.clock.now() };
  known.set(ctx.config, offers);
  return offers;
}

const isStale = ({ clock }: Context, { readAt }: Offers): boolean =>
  Temporal.Instant.compare(clock.now(), readAt.add(freshFor)) > 0;

import {
  billedKinds,
  isRefusal,
  metering,
  nearWords,
  type Refusal,
  refuse,
  serviceActor,
  usageKinds,
} from '@arcadia/contracts';
import type { Context } from '../context.ts';

/**
 * The refusal of the first billing kind that does not exist; null if all do. Kinds that an operator added exist by the metering
 * configuration, which is requested only for a kind that the contract does not name.
 */
export async function refuseUnknownKinds(
  ctx: Context,
  kinds: readonly string[],
): Promise<Refusal<'unknown-kind'> | null> {
  const own = kinds.filter((kind) => !Object.hasOwn(usageKinds, kind));
  if (own.length === 0) return null;
  const config = await ctx.request(metering.getMeteringConfig, {}, { actor: serviceActor('invoicing') });
  if (isRefusal(config)) return config;
  const configured = [...config.items, ...config.upcoming].map(({ kind }) => kind);
  const unknown = own.find((kind) => !configured.includes(kind));
  if (unknown === undefined) return null;
  const near = nearWords(unknown, [...new Set([...Object.keys(usageKinds), ...configured])]);
  const hint = near.length === 0 ? '' : ` Near it: ${near.join(', ')}.`;
  return refuse(
    'unknown-kind',
    `There is no billing kind ${unknown}.${hint} A kind of your own is configured first: PUT /api/v1/metering/config.`,
    { kind: unknown, near },
  );
}

type WithItems = { input: { items: readonly { kind: string; charge_model?: string }[] } };
type WithKind = { input: { kind: string } };

/** Looks up the kinds of a plan's items before the transaction. A kind of the provider's bill exists for an item that passes it through. */
export const resolveItemKinds = ({ input }: WithItems, ctx: Context) =>
  refuseUnknownKinds(
    ctx,
    input.items
      .filter(({ kind, charge_model }) => charge_model !== 'pass_through' || !billedKinds.has(kind))
      .map(({ kind }) => kind),
  );

/** Looks up the one kind that the request names before the transaction. */
export const resolveKind = ({ input }: WithKind, ctx: Context) => refuseUnknownKinds(ctx, [input.kind]);

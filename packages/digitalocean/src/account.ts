import { z } from 'zod';
import {
  anyCount,
  anyCountOrZero,
  anyFlag,
  anyText,
  decimalText,
  idText,
  nameText,
  neededCount,
  regionSlug,
  textList,
  timeText,
  wordText,
} from './fields.ts';
import { listingOf } from './listing-of.ts';
import type { Transport } from './transport.ts';

export const account = z.looseObject({
  uuid: z.string(),
  email: z.string().optional(),
  name: z.string().nullish(),
  status: z.string(),
  droplet_limit: z.int().optional(),
  team: z.looseObject({ uuid: z.string(), name: z.string().optional() }).nullish(),
});
export type Account = z.output<typeof account>;

export const region = z.looseObject({
  slug: z.string(),
  name: nameText,
  available: anyFlag,
  sizes: textList,
  features: textList,
});
export type Region = z.output<typeof region>;

/** A droplet size. Prices are decimal text in USD, exactly as the provider wrote them. */
export const size = z.looseObject({
  slug: z.string(),
  memory: anyCountOrZero,
  vcpus: anyCountOrZero,
  disk: anyCountOrZero,
  transfer: decimalText.nullish().catch(null),
  price_monthly: decimalText,
  price_hourly: decimalText,
  regions: textList,
  available: anyFlag,
  description: anyText,
});
export type Size = z.output<typeof size>;

export const action = z.looseObject({
  id: z.int(),
  status: z.string(),
  type: z.string(),
  started_at: timeText,
  completed_at: timeText.nullish(),
  resource_id: idText.nullish(),
  resource_type: z.string(),
  region_slug: z.string().nullish(),
  region: regionSlug,
});
export type Action = z.output<typeof action>;

export const tag = z.looseObject({ name: z.string(), resources: z.looseObject({ count: z.int() }).optional() });
export type Tag = z.output<typeof tag>;

export const registry = z.looseObject({
  name: idText,
  region: regionSlug,
  created_at: timeText,
  storage_usage_bytes: neededCount,
  storage_usage_bytes_updated_at: anyText,
  subscription: z
    .looseObject({ tier: z.looseObject({ slug: anyText }).nullish() })
    .nullish()
    .catch(null),
});
export type Registry = z.output<typeof registry>;

export const image = z.looseObject({
  id: idText,
  name: nameText,
  type: wordText,
  slug: anyText,
  regions: textList,
  created_at: timeText,
  min_disk_size: anyCount,
  size_gigabytes: decimalText.nullish(),
  status: anyText,
  tags: textList,
});
export type Image = z.output<typeof image>;

/** A resource that can carry a tag. */
export interface TaggedResource {
  readonly resource_id: string;
  readonly resource_type: 'droplet' | 'image' | 'volume' | 'volume_snapshot' | 'database';
}

/** Calls for the account, its catalogue, its tags and its action log. */
export function accountCalls(transport: Transport) {
  return {
    account: async (signal?: AbortSignal): Promise<Account> => {
      const answer = await transport.json({ path: '/v2/account', signal }, z.looseObject({ account }));
      return answer.account;
    },
    regions: listingOf(transport, { path: '/v2/regions', key: 'regions', item: region, identify: (one) => one.slug }),
    sizes: listingOf(transport, { path: '/v2/sizes', key: 'sizes', item: size, identify: (one) => one.slug }),
    tags: {
      ...listingOf(transport, { path: '/v2/tags', key: 'tags', item: tag, identify: (one) => one.name }),
      /** Creates the tag if it does not exist; giving it again changes nothing. */
      give: async (name: string, resources: readonly TaggedResource[], signal?: AbortSignal): Promise<void> => {
        await transport.send({ method: 'POST', path: '/v2/tags', body: { name }, signal });
        const path = `/v2/tags/${encodeURIComponent(name)}/resources`;
        await transport.send({ method: 'POST', path, body: { resources }, signal });
      },
    },
    images: {
      ...listingOf(transport, {
        path: '/v2/images',
        key: 'images',
        item: image,
        identify: (one) => one.id,
        query: { private: true },
      }),
      /** By number, or by slug if the image is public. */
      get: async (idOrSlug: string, signal?: AbortSignal): Promise<Image> => {
        const path = `/v2/images/${encodeURIComponent(idOrSlug)}`;
        const answer = await transport.json({ path, signal }, z.looseObject({ image }));
        return answer.image;
      },
    },
    registries: listingOf(transport, {
      path: '/v2/registries',
      key: 'registries',
      item: registry,
      identify: (one) => one.name,
      isUnpaged: true,
    }),
    actions: {
      ...listingOf(transport, {
        path: '/v2/actions',
        key: 'actions',
        item: action,
        identify: (one) => String(one.id),
        isInexact: true,
      }),
      get: async (id: number, signal?: AbortSignal): Promise<Action> => {
        const answer = await transport.json({ path: `/v2/actions/${id}`, signal }, z.looseObject({ action }));
        return answer.action;
      },
    },
  };
}

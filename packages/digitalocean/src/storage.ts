import { z } from 'zod';
import { type Action, action } from './account.ts';
import { anyCount, anyText, decimalText, idList, idText, nameText, regionSlug, textList, timeText } from './fields.ts';
import { listingOf } from './listing-of.ts';
import type { Transport } from './transport.ts';

/** A whole number, which may be written as text. */
const wholeGigabytes = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);

export const volume = z.looseObject({
  id: idText,
  name: nameText,
  size_gigabytes: wholeGigabytes,
  region: regionSlug,
  droplet_ids: idList,
  created_at: timeText,
  tags: textList,
});
export type Volume = z.output<typeof volume>;

/** A snapshot of a droplet (numeric id) or of a volume (UUID). */
export const snapshot = z.looseObject({
  id: idText,
  name: nameText,
  created_at: timeText,
  regions: textList,
  /** Null once the source is gone, perhaps: the snapshot is billed all the same. */
  resource_id: idText.nullish(),
  resource_type: anyText,
  min_disk_size: anyCount,
  size_gigabytes: decimalText,
  tags: textList,
});
export type Snapshot = z.output<typeof snapshot>;

export interface VolumeCreation {
  readonly name: string;
  readonly region: string;
  readonly size_gigabytes: number;
  readonly description?: string;
  readonly snapshot_id?: string;
  readonly tags?: readonly string[];
}

export type VolumeAction =
  | { readonly type: 'attach' | 'detach'; readonly droplet_id: number }
  | { readonly type: 'resize'; readonly size_gigabytes: number };

/** Calls for volumes and snapshots. Backups are not among the snapshots; they are listed by droplet. */
export function storageCalls(transport: Transport) {
  const path = (id: string, rest = ''): string => `/v2/volumes/${encodeURIComponent(id)}${rest}`;
  return {
    volumes: {
      ...listingOf(transport, { path: '/v2/volumes', key: 'volumes', item: volume, identify: (item) => item.id }),
      get: async (id: string, signal?: AbortSignal): Promise<Volume> =>
        (await transport.json({ path: path(id), signal }, z.looseObject({ volume }))).volume,
      create: async (body: VolumeCreation, signal?: AbortSignal): Promise<Volume> =>
        (await transport.json({ method: 'POST', path: '/v2/volumes', body, signal }, z.looseObject({ volume }))).volume,
      act: async (id: string, body: VolumeAction, signal?: AbortSignal): Promise<Action> =>
        (await transport.json({ method: 'POST', path: path(id, '/actions'), body, signal }, z.looseObject({ action })))
          .action,
      snapshot: async (
        id: string,
        body: { name: string; tags?: readonly string[] },
        signal?: AbortSignal,
      ): Promise<Snapshot> =>
        (
          await transport.json(
            { method: 'POST', path: path(id, '/snapshots'), body, signal },
            z.looseObject({ snapshot }),
          )
        ).snapshot,
      delete: (id: string, signal?: AbortSignal): Promise<void> =>
        transport.send({ method: 'DELETE', path: path(id), signal }),
    },
    snapshots: {
      ...listingOf(transport, { path: '/v2/snapshots', key: 'snapshots', item: snapshot, identify: (item) => item.id }),
      get: async (id: string, signal?: AbortSignal): Promise<Snapshot> =>
        (await transport.json({ path: `/v2/snapshots/${encodeURIComponent(id)}`, signal }, z.looseObject({ snapshot })))
          .snapshot,
      delete: (id: string, signal?: AbortSignal): Promise<void> =>
        transport.send({ method: 'DELETE', path: `/v2/snapshots/${encodeURIComponent(id)}`, signal }),
    },
  };
}

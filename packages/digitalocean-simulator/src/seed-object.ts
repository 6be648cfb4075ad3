import type { Kind, ProviderObject, States } from './store.ts';
import { milliseconds } from './world-fields.ts';

interface Life {
  created_at: string;
  destroyed_at?: string | undefined;
}

/** Changes of an object, each at an instant. */
export type Changes<K extends Kind> = { at: string; set: Partial<States[K]> }[];

/** An object of the simulator with its whole history. */
export function object<K extends Kind>(
  kind: K,
  id: string | number,
  life: Life,
  birth: States[K],
  changes: Changes<K> = [],
): ProviderObject {
  return {
    kind,
    id: String(id),
    createdAt: milliseconds(life.created_at),
    destroyedAt: life.destroyed_at === undefined ? null : milliseconds(life.destroyed_at),
    birth,
    changes: changes.map((change) => ({ at: milliseconds(change.at), set: change.set })),
  } as unknown as ProviderObject;
}

/** Leaves out undefined values, so that a change holds only the fields that it changes. */
export function given<T extends object>(fields: T): { [P in keyof T]?: Exclude<T[P], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** The ids that a world's references stand for. */
export interface References {
  project(reference: string | undefined): string;
  movedTo(reference: string | undefined): string | undefined;
  droplet(reference: string): string;
  attached(reference: string | null | undefined): string | null | undefined;
  volume(reference: string): string;
}

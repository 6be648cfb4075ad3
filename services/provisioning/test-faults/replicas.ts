import { type Fate, forkReplica, type Replica } from './replica.ts';

/** Two replicas of provisioning; a replica that dies is replaced. */
export type Replicas = {
  /** Rejects when a replica that died could not be replaced. */
  broken: Promise<never>;
  close(): Promise<void>;
};

export async function openReplicas(
  env: Record<string, string>,
  decide: (point: string) => Fate | Promise<Fate>,
): Promise<Replicas> {
  let isClosing = false;
  const replicas = new Set<Replica>();
  /** The replacements that are starting. */
  const spawning = new Set<Promise<void>>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  const spawn = async (): Promise<void> => {
    const replica = await forkReplica(env, decide);
    replicas.add(replica);
    void replica.ended.then(() => {
      replicas.delete(replica);
      if (isClosing) return;
      const replaced = spawn()
        .catch(broken.reject)
        .finally(() => spawning.delete(replaced));
      spawning.add(replaced);
    });
  };
  await Promise.all([spawn(), spawn()]);
  return {
    broken: broken.promise,
    async close() {
      isClosing = true;
      await Promise.all(spawning);
      await Promise.all([...replicas].map((replica) => replica.stop()));
    },
  };
}

import { ServiceBusy } from '@arcadia/platform';
import { Piscina } from 'piscina';
import type { Config } from '../../config.ts';
import type { Document } from '../../domain/documents/document.ts';
import type { Rendering } from './render-worker.ts';

/** Milliseconds after which an idle thread ends; its fonts are read again by the next one. */
const idleTimeoutMs = 60_000;

/** The threads of a configuration, and how many documents are drawn by them or wait. */
type Pool = { threads: Piscina<Rendering, Uint8Array>; taken: number };

const pools = new WeakMap<Config['pdf'], Pool>();

/**
 * Threads of their own, below the priority of everything else, so that documents delay no other request. They start with the first
 * document and keep no process alive.
 */
const poolOf = (limits: Config['pdf']): Pool => {
  const pool = pools.get(limits) ?? {
    threads: new Piscina<Rendering, Uint8Array>({
      filename: new URL('./render-worker.ts', import.meta.url).href,
      minThreads: 0,
      maxThreads: limits.threads,
      idleTimeout: idleTimeoutMs,
      niceIncrement: 10,
    }),
    taken: 0,
  };
  pools.set(limits, pool);
  return pool;
};

/**
 * A document as PDF. It is made only when it may be drawn or wait, so that a request beyond that costs next to nothing.
 * @throws ServiceBusy while as many documents wait as may wait
 */
export const renderPdf = async (
  { pdf: limits, logo }: Pick<Config, 'pdf' | 'logo'>,
  make: () => Promise<Document> | Document,
): Promise<Uint8Array> => {
  const pool = poolOf(limits);
  if (pool.taken >= limits.threads + limits.queue) throw new ServiceBusy(`${limits.queue} PDFs wait to be drawn`);
  pool.taken += 1;
  try {
    return await pool.threads.run({ document: await make(), logo }, { name: 'render' });
  } finally {
    pool.taken -= 1;
  }
};

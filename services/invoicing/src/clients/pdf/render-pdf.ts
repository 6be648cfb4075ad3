import { ServiceBusy } from '@arcadia/platform';
import { Piscina } from 'piscina';
import type { Config } from '../../config.ts';
import type { Document } from '../../domain/documents/document.ts';
import type { Rendering } from './render-worker.ts';

/** Milliseconds after which an idle thread ends; its fonts are read again by the next one. */
const idleTimeoutMs = 60_000;

const pools = new WeakMap<Config['pdf'], Piscina<Rendering, Uint8Array>>();

/**
 * Threads of their own, below the priority of everything else, so that documents delay no other request. They start with the first
 * document and keep no process alive.
 */
const poolOf = (limits: Config['pdf']): Piscina<Rendering, Uint8Array> => {
  const pool =
    pools.get(limits) ??
    new Piscina<Rendering, Uint8Array>({
      filename: new URL('./render-worker.ts', import.meta.url).href,
      minThreads: 0,
      maxThreads: limits.threads,
      maxQueue: limits.queue,
      idleTimeout: idleTimeoutMs,
      niceIncrement: 10,
    });
  pools.set(limits, pool);
  return pool;
};

/**
 * A document as PDF.
 * @throws ServiceBusy while as many documents wait as may wait
 */
export const renderPdf = async (config: Config, document: Document): Promise<Uint8Array> => {
  const pool = poolOf(config.pdf);
  if (pool.queueSize >= config.pdf.queue) throw new ServiceBusy(`${config.pdf.queue} PDFs wait to be drawn`);
  return pool.run({ document, logo: config.logo }, { name: 'render' });
};

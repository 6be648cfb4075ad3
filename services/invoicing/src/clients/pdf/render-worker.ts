import { move } from 'piscina';
import type { Document } from '../../domain/documents/document.ts';
import { drawDocument } from './draw-document.ts';

export type Rendering = { document: Document; logo: Uint8Array | null };

/** Runs in a thread of its own (`render-pdf.ts`). The bytes are handed over without a copy. */
export async function render({ document, logo }: Rendering): Promise<ReturnType<typeof move>> {
  return move(await drawDocument(document, logo));
}

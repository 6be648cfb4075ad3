import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

const chunkBytes = 256 * 1024;

export type EvidenceBeingKept = {
  /** The file again, chunk by chunk, each of them kept before the next is given. Once begun it is to be read to its end, or `finish` reads the rest. */
  chunks: AsyncIterable<Uint8Array>;
  /** Keeps what is still to come and gives the number it is all kept under. */
  finish(lines: number | null): Promise<string>;
};

/**
 * Keeps a file exactly as it is received while somebody reads it. The same content again is kept once; other content beside
 * it, because what an invoice once said is evidence too. A file of any size takes little memory.
 */
export const keepEvidence = async (
  db: Kysely<Database>,
  file: { invoiceUuid: string; mediaType: string; receivedAt: Temporal.Instant; body: AsyncIterable<Uint8Array> },
): Promise<EvidenceBeingKept> => {
  // What an earlier attempt left unfinished is of no use to anyone.
  await db
    .deleteFrom('cloud_invoice_evidence')
    .where('invoice_uuid', '=', file.invoiceUuid)
    .where('sha256', 'is', null)
    .execute();
  const { evidence_id } = await db
    .insertInto('cloud_invoice_evidence')
    .values({
      invoice_uuid: file.invoiceUuid,
      media_type: file.mediaType,
      sha256: null,
      lines: null,
      received_at: file.receivedAt.toString(),
    })
    .returning('evidence_id')
    .executeTakeFirstOrThrow();
  const hash = createHash('sha256');
  let bytes = 0;
  let chunkNo = 0;
  async function* keeping(): AsyncGenerator<Uint8Array> {
    for await (const content of inChunks(file.body)) {
      hash.update(content);
      bytes += content.byteLength;
      chunkNo += 1;
      const keptChunk = db
        .insertInto('cloud_invoice_evidence_chunks')
        .values({ evidence_id, chunk_no: chunkNo, content })
        .execute();
      keptChunk.catch(() => undefined); // awaited below, once the reader has done its part beside it
      yield content;
      await keptChunk;
    }
  }
  const kept = keeping();
  return {
    // Without `return`, so that a reader who gives up does not end the keeping.
    chunks: { [Symbol.asyncIterator]: () => ({ next: () => kept.next() }) },
    finish: async (lines) => {
      for await (const _ of kept);
      return finishEvidence(db, {
        evidence_id,
        invoiceUuid: file.invoiceUuid,
        sha256: hash.digest('hex'),
        bytes,
        lines,
      });
    },
  };
};

const finishEvidence = async (
  db: Kysely<Database>,
  done: { evidence_id: string; invoiceUuid: string; sha256: string; bytes: number; lines: number | null },
): Promise<string> => {
  const same = await db
    .selectFrom('cloud_invoice_evidence')
    .select('evidence_id')
    .where('invoice_uuid', '=', done.invoiceUuid)
    .where('sha256', '=', done.sha256)
    .executeTakeFirst();
  if (same !== undefined) {
    await db.deleteFrom('cloud_invoice_evidence').where('evidence_id', '=', done.evidence_id).execute();
    return same.evidence_id;
  }
  await db
    .updateTable('cloud_invoice_evidence')
    .set({ sha256: done.sha256, bytes: String(done.bytes), lines: done.lines })
    .where('evidence_id', '=', done.evidence_id)
    .execute();
  return done.evidence_id;
};

/** Pieces of any size as chunks of one size. Each chunk is the same memory: it is used up before the next is asked for. */
async function* inChunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let size = 0;
  for await (const piece of body) {
    for (let offset = 0; offset < piece.byteLength; ) {
      const part = piece.subarray(offset, offset + chunkBytes - size);
      chunk.set(part, size);
      size += part.byteLength;
      offset += part.byteLength;
      if (size < chunkBytes) continue;
      yield chunk;
      size = 0;
    }
  }
  if (size > 0) yield chunk.subarray(0, size);
}

/** The file again, chunk by chunk. */
export async function* readEvidence(db: Kysely<Database>, evidenceId: string): AsyncGenerator<Buffer> {
  for (let chunkNo = 1; ; chunkNo += 1) {
    const { rows } = await sql<{ content: Buffer }>`
      SELECT content FROM cloud_invoice_evidence_chunks WHERE evidence_id = ${evidenceId} AND chunk_no = ${chunkNo}`.execute(
      db,
    );
    const content = rows[0]?.content;
    if (content === undefined) return;
    yield content;
  }
}

export const findEvidence = async (db: Kysely<Database>, evidenceId: string) =>
  db.selectFrom('cloud_invoice_evidence').selectAll().where('evidence_id', '=', evidenceId).executeTakeFirst();

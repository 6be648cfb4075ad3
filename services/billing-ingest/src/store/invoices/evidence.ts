import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** A captured chunk is text of twice its size and must fit into one message, also where compression gains nothing. */
const chunkBytes = 160 * 1024;

/** Compressed chunks are stored together from so many bytes on, which as text are half of a message. */
const storedAtOnceBytes = 128 * 1024;

/**
 * A provider's CSV becomes a tenth; a file is stored, logged and published, so that counts three times. At this level a chunk takes a
 * quarter of a millisecond, less than handing it to another thread and back.
 */
const compress = (content: Uint8Array): Buffer =>
  zstdCompressSync(content, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
const decompress = promisify(zstdDecompress);

export type EvidenceStream = {
  /** The file in chunks; at most a megabyte of them is not stored yet. A reader that stops early calls `finish`, which reads the rest. */
  chunks: AsyncIterable<Uint8Array>;
  /** Stores the rest of the file and returns the id of the evidence. */
  finish(lines: number | null): Promise<string>;
};

/**
 * Stores a file exactly as received while the caller reads it. Equal content is stored once per invoice; different content
 * is stored beside it, because earlier versions of an invoice are evidence too. Memory does not grow with the file.
 */
export async function storeEvidence(
  db: Kysely<Tables>,
  file: { invoiceUuid: string; mediaType: string; receivedAt: Temporal.Instant; body: AsyncIterable<Uint8Array> },
): Promise<EvidenceStream> {
  // Unfinished evidence of an earlier attempt is incomplete and replaced by this one.
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
  async function* storing(): AsyncGenerator<Uint8Array> {
    let waiting: Chunk[] = [];
    let size = 0;
    let before: Promise<void> = Promise.resolve();
    try {
      for await (const content of inChunks(file.body)) {
        hash.update(content);
        bytes += content.byteLength;
        chunkNo += 1;
        const compressed = compress(content);
        waiting.push({ evidence_id, chunk_no: chunkNo, content: compressed, coding: 'zstd' });
        size += compressed.byteLength;
        if (size >= storedAtOnceBytes) {
          // The chunks before are mostly stored by now: they had the time in which the reader used those that wait.
          await before;
          before = storeChunks(db, waiting);
          before.catch(() => undefined); // awaited before the next chunks are stored, and at the end
          [waiting, size] = [[], 0];
        }
        yield content;
      }
    } finally {
      // Also where the file breaks off: nothing is being stored any more when its reader knows.
      await before;
    }
    await storeChunks(db, waiting);
  }
  const stored = storing();
  return {
    // Without `return`, so that a reader that stops early does not end the storing.
    chunks: { [Symbol.asyncIterator]: () => ({ next: () => stored.next() }) },
    finish: async (lines) => {
      for await (const _ of stored);
      return finishEvidence(db, {
        evidence_id,
        invoiceUuid: file.invoiceUuid,
        sha256: hash.digest('hex'),
        bytes,
        lines,
      });
    },
  };
}

type Chunk = { evidence_id: string; chunk_no: number; content: Buffer; coding: 'zstd' };

async function storeChunks(db: Kysely<Tables>, chunks: readonly Chunk[]): Promise<void> {
  if (chunks.length > 0) await db.insertInto('cloud_invoice_evidence_chunks').values(chunks).execute();
}

async function finishEvidence(
  db: Kysely<Tables>,
  done: { evidence_id: string; invoiceUuid: string; sha256: string; bytes: number; lines: number | null },
): Promise<string> {
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
}

/** Turns pieces of any size into chunks of one size. All chunks share one buffer, so each is used before the next is taken. */
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

/** Yields a stored file in chunks. */
export async function* readEvidence(db: Kysely<Tables>, evidenceId: string): AsyncGenerator<Buffer> {
  for (let chunkNo = 1; ; chunkNo += 1) {
    const { rows } = await sql<{ content: Buffer; coding: 'zstd' | null }>`
      SELECT content, coding FROM cloud_invoice_evidence_chunks WHERE evidence_id = ${evidenceId} AND chunk_no = ${chunkNo}`.execute(
      db,
    );
    const chunk = rows[0];
    if (chunk === undefined) return;
    yield chunk.coding === null ? chunk.content : await decompress(chunk.content, { maxOutputLength: chunkBytes });
  }
}

export const findEvidence = async (db: Kysely<Tables>, evidenceId: string) =>
  db.selectFrom('cloud_invoice_evidence').selectAll().where('evidence_id', '=', evidenceId).executeTakeFirst();

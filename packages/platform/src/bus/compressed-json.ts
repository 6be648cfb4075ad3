import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type LoggedEvent, maxMessageBytes } from './message.ts';

/** The header of a message whose payload is compressed: its value is `zstd`, and the payload a JSON string of the compressed text in base64. */
export const codingHeader = 'arcadia-coding';

/** Level 1 takes 60 µs for 60 KB; a higher one takes longer and gains little. */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Shorter JSON stays uncompressed: storing it takes no longer, and people and SQL can read it. */
const worthCompressing = 8 * 1024;

/**
 * Compresses JSON into a JSON string, in base64, which can be stored and published wherever JSON can, and spares Postgres and
 * nats-server the rest of the bytes.
 * @returns the text unchanged where it is short, would hardly become shorter, or is longer than a message may be, so that a reader knows
 * how much memory the value takes
 */
export const compressJson = (text: string): string => {
  if (text.length < worthCompressing || Buffer.byteLength(text) > maxMessageBytes) return text;
  const short = `"${zstdCompressSync(text, compression).toString('base64')}"`;
  return short.length < text.length / 2 ? short : text;
};

/**
 * The value whose JSON `compressJson` compressed.
 * @throws for anything else
 */
export const decompressJson = (content: string): unknown =>
  JSON.parse(zstdDecompressSync(Buffer.from(content, 'base64'), { maxOutputLength: maxMessageBytes }).toString());

/** A message with its payload compressed, if that is worth it. */
export const compressed = (event: LoggedEvent): LoggedEvent => {
  const payload = compressJson(event.payload);
  return payload === event.payload
    ? event
    : { ...event, payload, headers: { ...event.headers, [codingHeader]: 'zstd' } };
};

import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';

/** A set of keys above this size is not read to its end, in bytes; a hundred keys take about 60 KB. */
const largestKeySet = 256 * 1024;

/** The issuer's keys cannot be fetched, so nothing is known about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** Requires a token to name the key that signed it; a token without a key id would be tried with every key. */
export const publishedKeys = (address: URL): JWTVerifyGetKey => {
  const keys = createRemoteJWKSet(address, { timeoutDuration: 5_000, [customFetch]: fetchBounded });
  return async (header, token) => {
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    try {
      return await keys(header, token);
    } catch (error) {
      const isAboutTheToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      if (isAboutTheToken) throw error;
      throw new KeysUnavailable("the issuer's keys cannot be fetched", { cause: error });
    }
  };
};

/** Reads an answer of at most `largestKeySet` bytes. Throws Error for a longer one, whose rest is not read. */
const fetchBounded = async (address: string, init: RequestInit): Promise<Response> => {
  const response = await fetch(address, init);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > largestKeySet) throw new Error(`the key set at ${address} is larger than ${largestKeySet} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers });
};

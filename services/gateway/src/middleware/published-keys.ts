import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';

/** A set of keys above this size is not read to its end, in bytes; a hundred keys take about 60 KB. */
const largestKeySet = 256 * 1024;

/** A set with more keys is refused: an issuer publishes a handful, and each is imported and kept. */
const keysAtMost = 100;
/** After a failure the keys are not fetched again for so long, in milliseconds, however many tokens arrive. */
const pauseMs = 2_000;

/** The issuer's keys cannot be fetched, so nothing is known about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * Requires a token to name the key that signed it; a token without a key id would be tried with every key. Keys are kept for ten minutes. An
 * unknown key id makes them be fetched again, at most once in thirty seconds, and a failed fetch is repeated after two.
 */
export const publishedKeys = (address: URL): JWTVerifyGetKey => {
  const keys = createRemoteJWKSet(address, { timeoutDuration: 5_000, [customFetch]: pausing(fetchBounded) });
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

/** The same fetch, which fails at once for a while after a failure. */
const pausing = (fetchKeys: typeof fetchBounded, now = () => performance.now()): typeof fetchBounded => {
  let failed: { at: number; error: unknown } | null = null;
  return async (address, init) => {
    if (failed !== null && now() - failed.at < pauseMs) throw failed.error;
    try {
      const response = await fetchKeys(address, init);
      if (!response.ok) throw new Error(`${address} answered ${response.status}`);
      failed = null;
      return response;
    } catch (error) {
      failed = { at: now(), error };
      throw error;
    }
  };
};

/** Reads an answer of at most `largestKeySet` bytes and `keysAtMost` keys. Throws Error for a longer one, whose rest is not read. */
const fetchBounded = async (address: string, init: RequestInit): Promise<Response> => {
  const response = await fetch(address, init);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > largestKeySet) throw new Error(`the key set at ${address} is larger than ${largestKeySet} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const { keys } = response.ok ? (JSON.parse(text) as { keys?: unknown }) : {};
  if (Array.isArray(keys) && keys.length > keysAtMost)
    throw new Error(`the key set at ${address} has ${keys.length} keys; at most ${keysAtMost} are read`);
  return new Response(text, { status: response.status, headers: response.headers });
};

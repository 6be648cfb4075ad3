import { storedText } from './stored-text.ts';

const untrusted = 'its certificate is not from a trusted issuer, or the intermediate certificates are missing';
const closed = 'the connection was closed without an answer';
const unreachable = 'its address cannot be reached';

/** What failures of the network and of TLS mean for the owner of the server, by the codes of Node; its own texts are for who runs Node. */
const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the server refuses connections',
  ...{ ECONNRESET: closed, EPIPE: closed },
  ...{ EHOSTUNREACH: unreachable, ENETUNREACH: unreachable, EADDRNOTAVAIL: unreachable },
  ETIMEDOUT: 'no connection could be made in time',
  HPE_HEADER_OVERFLOW: 'the head of the answer is too large',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ...{ DEPTH_ZERO_SELF_SIGNED_CERT: untrusted, SELF_SIGNED_CERT_IN_CHAIN: untrusted },
  ...{ UNABLE_TO_GET_ISSUER_CERT: untrusted, UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/** The sentence for a code; undefined: there is none. */
function sentenceOf(code: string): string | undefined {
  if (Object.hasOwn(sentences, code)) return sentences[code];
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') ? 'no encrypted connection could be made' : undefined;
}

/** What went wrong with a connection or an answer, in a sentence for its owner. */
export function textOfFailure(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AddressRefused') return error.message;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const code = 'code' in error ? String(error.code) : '';
  if (code === '') return storedText(error.message);
  return storedText(`${sentenceOf(code) ?? error.message} (${code})`);
}

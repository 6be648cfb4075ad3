import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** A request as it arrived. The path is as the client wrote it, without its query. */
export type SignedRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body that arrived, in hex. */
  digest: string;
};

export type Keys = { accessKey: string; secretKey: string; region: string };

/** The code of an error of S3. */
export type SignatureFault =
  | 'AccessDenied'
  | 'AuthorizationHeaderMalformed'
  | 'InvalidAccessKeyId'
  | 'RequestTimeTooSkewed'
  | 'SignatureDoesNotMatch'
  | 'XAmzContentSHA256Mismatch';

/** How far the date of a request may be from the present, in milliseconds. */
const mostSkewMs = 15 * 60_000;

/**
 * Checks a request as Amazon describes it ("Authenticating Requests (AWS Signature Version 4)", by the header `Authorization`).
 * @returns the code of the fault; null: the request is signed with the key
 */
export function faultOfSignature(request: SignedRequest, keys: Keys, now: Date): SignatureFault | null {
  const { authorization = '' } = request.headers;
  const { accessKey, day, region, service, names, signature } =
    /^AWS4-HMAC-SHA256 Credential=(?<accessKey>[^/]+)\/(?<day>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request, ?SignedHeaders=(?<names>[^,]+), ?Signature=(?<signature>[\da-f]{64})$/.exec(
      authorization,
    )?.groups ?? {};
  if (accessKey === undefined || day === undefined || names === undefined || signature === undefined)
    return 'AccessDenied';
  if (accessKey !== keys.accessKey) return 'InvalidAccessKeyId';
  if (region !== keys.region || service !== 's3') return 'AuthorizationHeaderMalformed';
  const stamp = request.headers['x-amz-date'] ?? '';
  const at = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(at) || !stamp.startsWith(day) || Math.abs(at - now.getTime()) > mostSkewMs)
    return 'RequestTimeTooSkewed';
  const signed = names.split(';');
  const unsigned = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') && !signed.includes(name));
  if (!signed.includes('host') || unsigned.length > 0) return 'AccessDenied';
  const claimed = request.headers['x-amz-content-sha256'] ?? '';
  if (claimed !== request.digest) return 'XAmzContentSHA256Mismatch';
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, hash('sha256', canonicalText(request, signed, claimed))].join('\n');
  const expected = sign([`AWS4${keys.secretKey}`, day, region, 's3', 'aws4_request', text]);
  return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? null : 'SignatureDoesNotMatch';
}

/** Each text is signed with the signature of the one before it. */
const sign = ([key = '', ...texts]: readonly string[]): Buffer =>
  texts.reduce<Buffer>((signed, text) => createHmac('sha256', signed).update(text).digest(), Buffer.from(key));

/** Everything but letters, digits and `-._~` as a percent sign and two capital digits. */
const encoded = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

function canonicalText({ method, path, query, headers }: SignedRequest, signed: readonly string[], digest: string) {
  const pairs = [...query].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).toSorted();
  const lines = signed.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`);
  const place = path
    .split('/')
    .map((part) => encoded(decodeURIComponent(part)))
    .join('/');
  return [method, place, pairs.join('&'), ...lines, '', signed.join(';'), digest].join('\n');
}

/**
 * What a line of the provider's invoice is for, in our words. `tax`, `account` and `unknown` are no resource kinds.
 * Specific phrases come first, because "Droplet Snapshots" also says "Droplet".
 */
const products: readonly [RegExp, string][] = [
  [/^(tax(es)?|sales tax|gst|vat)$/, 'tax'],
  [/\b(spaces|bandwidth|support|credits?|promo(tion)?s?|refunds?|discounts?|adjustments?|data transfer)\b/, 'account'],
  [/\bkubernetes\b/, 'k8s_cluster'],
  [/\bdatabases?\b/, 'managed_db'],
  [/\bapp platform\b|^apps?$/, 'app'],
  [/\bsnapshots?\b/, 'snapshot'],
  [/\bbackups?\b/, 'droplet_backup'],
  [/\b(floating|reserved) ?ip(v[46])?s?\b/, 'floating_ip'],
  [/\bload ?balancers?\b/, 'load_balancer'],
  [/\b(volumes?|block storage)\b/, 'volume'],
  [/\bdroplets?\b/, 'droplet'],
];

/** Endings that only the provider writes, whatever a customer calls a droplet. */
const endings: readonly [RegExp, string][] = [
  [/\((?:daily|weekly) backup services?\)$/i, 'droplet_backup'],
  [/\d\s?gi?b (?:droplet|volume) snapshot$/i, 'snapshot'],
];

const taxWord = /\b(gst|tax)\b/i;

export const kindOfLine = (line: { product: string; description: string }): string => {
  const byProduct = kindOfProduct(line.product);
  // The ending may only make a generic product more specific: a tax line stays one, whatever it says.
  if (byProduct === undefined || byProduct === 'droplet' || byProduct === 'volume') {
    const description = line.description.trimEnd();
    const byEnding = endings.find(([pattern]) => pattern.test(description))?.[1];
    if (byEnding !== undefined) return byEnding;
  }
  const isResource = byProduct !== undefined && byProduct !== 'account';
  if (!isResource && taxWord.test(line.description)) return 'tax';
  return byProduct ?? 'unknown';
};

/** An invoice names few products, and each of them on many lines. */
const knownProducts = new Map<string, string | undefined>();

const kindOfProduct = (text: string): string | undefined => {
  if (knownProducts.has(text)) return knownProducts.get(text);
  const product = text.trim().toLowerCase();
  const kind = products.find(([pattern]) => pattern.test(product))?.[1];
  if (knownProducts.size >= 1000) knownProducts.clear();
  knownProducts.set(text, kind);
  return kind;
};

/** Which sharing rule an account-level or tax line falls under. */
export const lineClassOf = (line: { kind: string; product: string; description: string }): string => {
  if (line.kind === 'tax') return 'tax';
  const text = `${line.product} ${line.description}`.toLowerCase();
  if (/\bspaces\b/.test(line.product.toLowerCase())) return 'spaces';
  if (/\b(bandwidth|data transfer)\b/.test(text)) return 'bandwidth';
  if (/\bsupport\b/.test(text)) return 'support';
  if (/\b(credits?|promo(tion)?s?|refunds?|discounts?|adjustments?)\b/.test(text)) return 'credit';
  return 'other';
};

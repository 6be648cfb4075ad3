import { resourceKindEntries } from '@arcadia/contracts';

type Phrase = readonly [RegExp, string];

const phrasesOf = (precedence: 'service' | 'specific' | 'generic'): Phrase[] =>
  resourceKindEntries.flatMap(([kind, { bill }]) =>
    bill?.precedence === precedence ? bill.products.map((phrase): Phrase => [phrase, kind]) : [],
  );

const generic = phrasesOf('generic');
const genericKinds = new Set(generic.map(([, kind]) => kind));

/**
 * Our kind for each product of the provider's invoice. `tax`, `account` and `unknown` are no resource kinds. Specific phrases
 * come first, because "Droplet Snapshots" also contains "Droplet".
 */
const products: readonly Phrase[] = [
  [/^(tax(es)?|sales tax|gst|vat)$/, 'tax'],
  [/\b(spaces|bandwidth|support|credits?|promo(tion)?s?|refunds?|discounts?|adjustments?|data transfer)\b/, 'account'],
  ...phrasesOf('service'),
  ...phrasesOf('specific'),
  ...generic,
];

/** Endings that only the provider writes, whatever the names of a customer's droplets. */
const endings: readonly Phrase[] = resourceKindEntries.flatMap(([kind, { bill }]) =>
  (bill?.endings ?? []).map((ending): Phrase => [ending, kind]),
);

const taxWord = /\b(gst|tax)\b/i;

export function kindOfLine(line: { product: string; description: string }): string {
  const byProduct = kindOfProduct(line.product);
  // The ending may only make a generic product more specific: a tax line stays one, whatever its description.
  if (byProduct === undefined || genericKinds.has(byProduct)) {
    const description = line.description.trimEnd();
    const byEnding = endings.find(([pattern]) => pattern.test(description))?.[1];
    if (byEnding !== undefined) return byEnding;
  }
  const isResource = byProduct !== undefined && byProduct !== 'account';
  if (!isResource && taxWord.test(line.description)) return 'tax';
  return byProduct ?? 'unknown';
}

/** A cache: an invoice has few products, each on many lines. */
const knownProducts = new Map<string, string | undefined>();

function kindOfProduct(text: string): string | undefined {
  if (knownProducts.has(text)) return knownProducts.get(text);
  const product = text.trim().toLowerCase();
  const kind = products.find(([pattern]) => pattern.test(product))?.[1];
  if (knownProducts.size >= 1000) knownProducts.clear();
  knownProducts.set(text, kind);
  return kind;
}

/** The class of an account-level or tax line, which selects its allocation rule. */
export function lineClassOf(line: { kind: string; product: string; description: string }): string {
  if (line.kind === 'tax') return 'tax';
  const text = `${line.product} ${line.description}`.toLowerCase();
  if (/\bspaces\b/.test(line.product.toLowerCase())) return 'spaces';
  if (/\b(bandwidth|data transfer)\b/.test(text)) return 'bandwidth';
  if (/\bsupport\b/.test(text)) return 'support';
  if (/\b(credits?|promo(tion)?s?|refunds?|discounts?|adjustments?)\b/.test(text)) return 'credit';
  return 'other';
}

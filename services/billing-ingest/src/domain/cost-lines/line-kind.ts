import { resourceKindEntries } from '@arcadia/contracts';

type Phrase = readonly [RegExp, string];

const phrasesOf = (precedence: 'service' | 'specific' | 'generic'): Phrase[] =>
  resourceKindEntries.flatMap(([kind, { bill }]) =>
    bill?.precedence === precedence ? bill.products.map((phrase): Phrase => [phrase, kind]) : [],
  );

const generic = phrasesOf('generic');
const genericKinds = new Set(generic.map(([, kind]) => kind));

/** A tax as a word of its own: not within "syntax", "gst-portal", "tax.example.com" or "(pre-tax)". */
const taxWord = String.raw`(?<![\w.-])(?:gst|vat|tax(?:es)?)(?![\w-]|\.\w)`;

/**
 * Our kind for each product of the provider's invoice. `tax`, `account` and `unknown` are no resource kinds. Specific phrases
 * come first, because "Droplet Snapshots" also contains "Droplet". What another company sells through the provider ("Snapshots
 * by SnapShooter") is no resource of the provider.
 */
const products: readonly Phrase[] = [
  [/^(tax(es)?|sales tax|gst|vat)$/, 'tax'],
  [/\bby \w|\badd-?ons?\b|\bmarketplace\b/, 'unknown'],
  [
    /\b(spaces|bandwidth|support|credits?|promo(tion)?s?|refunds?|discounts?|adjustments?|data transfer|overages?)\b/,
    'account',
  ],
  ...phrasesOf('service'),
  ...phrasesOf('specific'),
  ...generic,
];

/** Endings that only the provider writes, whatever the names of a customer's droplets. */
const endings: readonly Phrase[] = resourceKindEntries.flatMap(([kind, { bill }]) =>
  (bill?.endings ?? []).map((ending): Phrase => [ending, kind]),
);

/** Descriptions that only the provider writes, whose product is not known: "GST (10%)", "Tax on usage". No name of a resource holds a rate. */
const taxDescription = new RegExp(`${taxWord}[^()]*\\(\\d+(\\.\\d+)? ?%\\)$|^(?:gst|vat|tax(?:es)?) on\\b`, 'i');
const taxProduct = new RegExp(taxWord);

/**
 * Our kind for a line. Only the product makes a line tax, or, where the product is not known, a description that no customer can
 * have written: names of resources hold any word, and a line that is taken for tax is missing from the net amount.
 */
export function kindOfLine(line: { product: string; description: string }): string {
  const byProduct = kindOfProduct(line.product);
  const description = line.description.trimEnd();
  // The ending may only make a generic product more specific: a tax line stays one, whatever its description.
  if (byProduct === undefined || genericKinds.has(byProduct)) {
    const byEnding = endings.find(([pattern]) => pattern.test(description))?.[1];
    if (byEnding !== undefined) return byEnding;
  }
  if (byProduct !== undefined) return byProduct;
  return taxDescription.test(description) ? 'tax' : 'unknown';
}

/** A cache: an invoice has few products, each on many lines. */
const knownProducts = new Map<string, string | undefined>();

function kindOfProduct(text: string): string | undefined {
  if (knownProducts.has(text)) return knownProducts.get(text);
  const product = text.trim().toLowerCase();
  const kind =
    products.find(([pattern]) => pattern.test(product))?.[1] ?? (taxProduct.test(product) ? 'tax' : undefined);
  if (knownProducts.size >= 1000) knownProducts.clear();
  knownProducts.set(text, kind);
  return kind;
}

/** The class of a line without an owner of its own, which selects its allocation rule. Only the product is read: a description may hold any word. */
export function lineClassOf(line: { kind: string; product: string }): string {
  if (line.kind === 'tax') return 'tax';
  const product = line.product.toLowerCase();
  if (/\bspaces\b/.test(product)) return 'spaces';
  if (/\b(bandwidth|data transfer|overages?)\b/.test(product)) return 'bandwidth';
  if (/\bsupport\b/.test(product)) return 'support';
  if (/\b(credits?|promo(tion)?s?|refunds?|discounts?|adjustments?)\b/.test(product)) return 'credit';
  return 'other';
}

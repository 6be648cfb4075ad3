/** A page of a listing by which it is recognised: `place` is its path with its query, `fingerprint` a hash of its text. */
export type ListedPage = {
  place: string;
  fingerprint: string;
  identities: readonly string[];
  next: string | null;
  total: number | null;
};

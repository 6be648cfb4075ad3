/** A project of the provider's, as a listing shows it. */
export type ListedProject = {
  providerId: string;
  name: string;
  description: string;
  environment: string | null;
  isDefault: boolean;
};

/** Something that a project lists: there is no more to it than its URN. */
export type Member = { kind: string; providerId: string };

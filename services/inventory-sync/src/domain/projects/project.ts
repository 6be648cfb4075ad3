/** A project at the provider, as a listing shows it. */
export type ListedProject = {
  providerId: string;
  name: string;
  description: string;
  environment: string | null;
  isDefault: boolean;
};

/** A resource that a project lists. Only its URN is known. */
export type Member = { kind: string; providerId: string };

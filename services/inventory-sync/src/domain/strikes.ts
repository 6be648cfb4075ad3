/** How often in a row a resource is missed before it is gone. */
export const strikesToGo = 3;

type Counts = { present: number; missing: number; knownDestroyed: number; ofUnlistedProjects: number };

/**
 * Why nobody should believe, without looking, that all this is gone; null if it can be believed. What the provider's own log
 * says was destroyed needs no belief. A project must be empty before it can go, so what goes with its project was rather hidden.
 */
export const whyDoubted = ({ present, missing, knownDestroyed, ofUnlistedProjects }: Counts): string | null => {
  const unexplained = missing - knownDestroyed;
  if (unexplained >= 10 && unexplained * 5 > present) return `${missing} of ${present} would be gone at once`;
  return ofUnlistedProjects === 0
    ? null
    : `${ofUnlistedProjects} of ${present} would be gone together with a project that was not empty`;
};

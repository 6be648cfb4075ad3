/** A resource is deleted after this many complete listings in a row that do not show it. */
export const strikesToDelete = 3;

type Counts = { present: number; missing: number; knownDestroyed: number; ofUnlistedProjects: number };

/**
 * Why a sweep waits for an operator instead of striking the missing resources; null if it need not wait. Resources that the
 * provider's action log shows as destroyed need no confirmation. A project must be empty before it can be deleted, so resources
 * that are missing together with their project were probably hidden from the token.
 */
export const reasonToPark = ({ present, missing, knownDestroyed, ofUnlistedProjects }: Counts): string | null => {
  const unexplained = missing - knownDestroyed;
  if (unexplained >= 10 && unexplained * 5 > present) return `${missing} of ${present} would be deleted at once`;
  return ofUnlistedProjects === 0
    ? null
    : `${ofUnlistedProjects} of ${present} would be deleted together with a project that was not empty`;
};

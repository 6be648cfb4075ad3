/** How often in a row a resource is missed before it is gone. */
export const strikesToGo = 3;

/**
 * Would this listing make more vanish than anybody should believe without looking? Then nobody is struck and an operator
 * decides. What the provider's own log says was destroyed needs no belief.
 */
export const isSuspicious = (counts: { present: number; missing: number; knownDestroyed: number }): boolean => {
  const unexplained = counts.missing - counts.knownDestroyed;
  return unexplained >= 10 && unexplained * 5 > counts.present;
};

/** The reason of every change that a world plans: the player is an operator, who gives one for what may lower a month. */
export const reason = 'Planned by the world that is played.';

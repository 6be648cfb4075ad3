/** The gateway runs nothing on a schedule. */
export const jobs = [];

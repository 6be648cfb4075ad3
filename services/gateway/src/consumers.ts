/** The gateway has no durable consumer; the live feed reads events as they are published. */
export const consumers = [];

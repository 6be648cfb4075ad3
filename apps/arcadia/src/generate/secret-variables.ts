/** The variable of `.env` that holds the password of a service, for its database role and its NATS user alike. */
export const passwordVariable = (service: string): string => `${service.replaceAll('-', '_').toUpperCase()}_PASSWORD`;

/** The variable of `.env` that holds the key with which a service signs its requests. */
export const signingVariable = (service: string): string =>
  passwordVariable(service).replace('_PASSWORD', '_SIGNING_KEY');

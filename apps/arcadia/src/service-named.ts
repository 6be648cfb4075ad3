import { type ServiceName, services } from '@arcadia/contracts';

/** The names of all services, for a text. */
export const servicesText = Object.keys(services).join(', ');

/** @throws naming all services when there is none of this name */
export const serviceNamed = (service: string): ServiceName => {
  if (!(service in services)) throw new Error(`There is no service ${service}; the services are ${servicesText}.`);
  return service as ServiceName;
};

import type {
  billingIngest,
  drift,
  gateway,
  inventorySync,
  invoicing,
  metering,
  notifications,
  provisioning,
  RequestContract,
} from '@arcadia/contracts';
import type { PlatformRefusal } from '@arcadia/platform';
import type { z } from 'zod';

/** The refusals that the request contracts of one service name. */
type WordsOf<Contracts> = {
  [Name in keyof Contracts]: Contracts[Name] extends RequestContract ? Contracts[Name]['refusals'][number] : never;
}[keyof Contracts];

/** Problems that the gateway itself answers, before or instead of a service. */
export type GatewayWord =
  | 'bad-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'unknown-parameter'
  | 'too-slow'
  | 'too-large'
  | 'headers-too-large'
  | 'unsupported-media-type'
  | 'invalid-request'
  | 'batch-refused'
  | 'rate-limited'
  | 'too-many-open'
  | 'internal'
  | 'unavailable';

/** Every word that can be the last segment of a problem's `type`. A contract that names a new one does not compile here until it has an entry. */
export type ProblemWord =
  | GatewayWord
  | PlatformRefusal
  | z.infer<typeof metering.reportRefusal>
  | WordsOf<typeof inventorySync>
  | WordsOf<typeof metering>
  | WordsOf<typeof invoicing>
  | WordsOf<typeof billingIngest>
  | WordsOf<typeof provisioning>
  | WordsOf<typeof drift>
  | WordsOf<typeof notifications>
  | WordsOf<typeof gateway>;

export { type Api, ApiError, connectApi } from '@arcadia/gateway-client';
export { advance } from './control.ts';
export { definitions } from './definitions.ts';
export { type Home, openHome } from './home.ts';
export {
  actorVariables,
  type Infrastructure,
  natsUsersOf,
  passwordOf,
  type StartInfrastructure,
  servicesWithDatabase,
} from './infrastructure.ts';
export { natsLogins } from './nats-logins.ts';
export { type Jobs, jobsOn } from './play/jobs.ts';
export { perform } from './play/perform.ts';
export { describeStep, type Step, timelineOf } from './play/timeline.ts';
export { printReport } from './print.ts';
export type { Progress } from './progress.ts';
export { type Report, readMonth, readReport, reportDocument } from './report.ts';
export { issueToken } from './tokens.ts';
export { createPlayer, issueTokens, type Player, startWorldStack, type WorldStack } from './world-stack.ts';

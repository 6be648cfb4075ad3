export { type Api, ApiError, connectApi } from '@arcadia/gateway-client';
export { type Home, openHome } from './home.ts';
export { type Infrastructure, natsUsersOf, type StartInfrastructure, servicesWithDatabase } from './infrastructure.ts';
export { printReport } from './print.ts';
export type { Progress } from './progress.ts';
export { type Report, readReport, reportDocument } from './report.ts';
export { issueToken } from './tokens.ts';
export { createPlayer, issueTokens, type Player, startWorldStack, type WorldStack } from './world-stack.ts';

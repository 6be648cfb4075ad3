import {
  type Actor,
  type gateway,
  isRefusal,
  type RequestOutput,
  type ServiceName,
  serviceStateRequest,
  services,
  streams,
} from '@arcadia/contracts';
import { type Bus, errorText, sendRequest } from '@arcadia/platform';
import { Command } from 'commander';
import { print, withBus } from './operator-bus.ts';

type State = RequestOutput<typeof gateway.getSystem>['services'][number];

/** Something that needs attention. */
export type Finding = { where: string; check: string; detail: string; remedy: string };

const operator: Actor = { subject: 'operator', tenant_id: null, roles: ['platform_admin'] };
const deadlineMs = 5_000;
/** The disk of NATS counts as full from this share of what its streams may use. */
const fullShare = 0.8;

/** The command `arcadia doctor`, which prints what is wrong in the whole system and what to do; exit code 1 when something is. */
export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('Check every service, the streams and NATS, and print what is wrong and what to do.')
    .action(() =>
      withBus(async (bus) => {
        const findings = await examine(bus);
        print(reportOf(findings));
        if (findings.length > 0) process.exitCode = 1;
      }),
    );

/** Asks each service directly, so that it works also while the gateway does not. */
export async function examine(bus: Bus): Promise<Finding[]> {
  const names = Object.keys(services) as ServiceName[];
  const found = await Promise.all([...names.map((name) => examineService(bus, name)), examineNats(bus)]);
  return found.flat();
}

async function examineService(bus: Bus, name: ServiceName): Promise<Finding[]> {
  try {
    const state = await sendRequest(bus, serviceStateRequest(name), {}, { actor: operator, deadlineMs });
    if (isRefusal(state))
      return [finding(name, 'state', String(state.detail), 'Give the operator the right to read it.')];
    return findingsIn(state);
  } catch (error) {
    return [finding(name, 'answer', errorText(error), 'Start the service, and look at its log.')];
  }
}

const finding = (where: string, check: string, detail: string, remedy: string): Finding => ({
  ...{ where, check, detail, remedy },
});

export const findingsIn = ({ service, facts }: Pick<State, 'service' | 'facts'>): Finding[] =>
  facts
    .filter(({ needs_attention }) => needs_attention)
    .map(({ name, detail, remedy }) =>
      finding(service, name, detail ?? 'not ok', remedy ?? 'Look at the log of the service.'),
    );

async function examineNats(bus: Bus): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const stream of Object.keys(streams)) {
    const missing = await bus.jsm.streams.info(stream).then(
      () => null,
      (error: unknown) => errorText(error),
    );
    if (missing !== null)
      findings.push(finding('nats', `stream ${stream}`, missing, 'Start the installer: it creates the streams.'));
  }
  const { storage, limits } = await bus.jsm.getAccountInfo();
  const share = limits.max_storage > 0 ? storage / limits.max_storage : 0;
  if (share > fullShare)
    findings.push(
      finding(
        'nats',
        'disk',
        `${Math.round(share * 100)} % of the space of the streams is used`,
        'Make room on the disk of NATS, or give it more.',
      ),
    );
  return findings;
}

export function reportOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Everything is well: each service answers and nothing needs attention.';
  const texts = findings.map(
    ({ where, check, detail, remedy }) => `${where}, ${check}: ${detail}\n  What to do: ${remedy}`,
  );
  const head = findings.length === 1 ? '1 check needs attention:' : `${findings.length} checks need attention:`;
  return [head, ...texts].join('\n\n');
}

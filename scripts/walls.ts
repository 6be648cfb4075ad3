// The walls between packages and folders (.dependency-cruiser.cjs), with the remedy beside each violation.
import { spawnSync } from 'node:child_process';

type Cruise = {
  summary: {
    totalCruised: number;
    violations: { from: string; to: string; rule: { name: string } }[];
    ruleSetUsed: { forbidden: { name: string; comment?: string }[] };
  };
};

const folders = ['packages', 'services', 'apps', 'scenarios', 'bench'];
const { stdout, stderr } = spawnSync('depcruise', [...folders, '--output-type', 'json'], {
  encoding: 'utf8',
  maxBuffer: 1024 ** 3,
});

let cruise: Cruise | undefined;
try {
  cruise = JSON.parse(stdout) as Cruise;
} catch {
  console.error(`depcruise gave no report.\n${stdout}${stderr}`);
  process.exitCode = 1;
}

if (cruise) {
  const { totalCruised, violations, ruleSetUsed } = cruise.summary;
  const remedies = new Map(ruleSetUsed.forbidden.map((rule) => [rule.name, rule.comment ?? '']));
  for (const { rule, from, to } of violations)
    console.error(`${from} → ${to}\n  ${rule.name}: ${remedies.get(rule.name)}`);
  // A cruiser that cannot read TypeScript finds nothing, and nothing has no faults.
  const isBlind = totalCruised < 50;
  if (isBlind) console.error(`Only ${totalCruised} modules were found: depcruise does not read TypeScript.`);
  else console.log(`${totalCruised} modules, ${violations.length} violations`);
  process.exitCode = isBlind || violations.length > 0 ? 1 : 0;
}

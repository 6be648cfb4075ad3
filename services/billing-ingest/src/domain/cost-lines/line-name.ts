/** Possible names of a line's resource, the most likely first. */
export function namesOfLine(line: { kind: string; description: string; group_description: string }): string[] {
  const description = line.description.trim();
  const found = [...(readers[line.kind] ?? ofAnyKind)(description), ...ofGroup(line)];
  return [...new Set(found.map((name) => name.trim()).filter((name) => name !== ''))];
}

/** The provider id in a description: the address of a floating IP. */
export function providerIdInDescription(line: { kind: string; description: string }): string | null {
  if (line.kind !== 'floating_ip') return null;
  const v4 = /(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])/.exec(line.description)?.[1];
  return v4 ?? /\b([0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7})\b/i.exec(line.description)?.[1]?.toLowerCase() ?? null;
}

/** `name (size)`, read from the right, because a name may hold brackets itself. */
function beforeLastBracket(text: string): string[] {
  const found = /^(?<name>.+?)\s*\([^()]*\)$/.exec(text);
  return found?.groups?.['name'] === undefined ? [] : [found.groups['name']];
}

const ofAnyKind = (description: string): string[] => [...beforeLastBracket(description), description];

/** `name (syd1) 8.20GB Droplet Snapshot`. */
function ofSnapshot(description: string): string[] {
  const found = /^(?<name>.+)\s\([a-z]{3,4}\d?\)\s*[\d.]+\s?Gi?B\b.*$/i.exec(description);
  return found?.groups?.['name'] === undefined ? ofAnyKind(description) : [found.groups['name'], description];
}

/** `name (20GB)`, `name (syd1) 100GB`, `name - 100 GB`. */
function ofVolume(description: string): string[] {
  const found = /^(?<name>.+?)(?:\s\([a-z]{3,4}\d?\)|\s-)?\s*[\d.]+\s?Gi?B\b[^()]*$/i.exec(description);
  return [...(found?.groups?.['name'] === undefined ? [] : [found.groups['name']]), ...ofAnyKind(description)];
}

const readers: Record<string, (description: string) => string[]> = { snapshot: ofSnapshot, volume: ofVolume };

/** The group of a Kubernetes line is the cluster's name; its description is a worker's. */
const ofGroup = (line: { kind: string; group_description: string }): string[] =>
  line.kind === 'k8s_cluster' ? [line.group_description] : [];

/** Names that differ only in case are equal at the provider. */
export const nameKey = (name: string): string => name.trim().toLowerCase();

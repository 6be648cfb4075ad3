type Words = { en: string; de: string };

/** What the known billing kinds are called within a sentence and, in German, as a name. */
const known: Readonly<Record<string, Words>> = {
  droplet_hours: { en: 'droplet hours', de: 'Droplet-Stunden' },
  volume_gb_month: { en: 'volume storage', de: 'Volume-Speicher' },
  snapshot_gb_month: { en: 'snapshot storage', de: 'Snapshot-Speicher' },
  droplet_backup_hours: { en: 'hours of droplet backups', de: 'Stunden von Droplet-Backups' },
  backup_gb_month: { en: 'backup storage', de: 'Backup-Speicher' },
  custom_image_gb_month: { en: 'custom image storage', de: 'Speicher eigener Images' },
  nfs_gb_month: { en: 'network file storage', de: 'Netzwerk-Dateispeicher' },
  spaces_gb_month: { en: 'object storage', de: 'Objektspeicher' },
  database_storage_gb_month: { en: 'database storage', de: 'Datenbankspeicher' },
  database_node_hours: { en: 'database node hours', de: 'Datenbankknoten-Stunden' },
  app_database_hours: { en: 'app database hours', de: 'App-Datenbank-Stunden' },
  app_container_hours: { en: 'app container hours', de: 'App-Container-Stunden' },
  app_egress_ip_hours: { en: 'dedicated egress IP hours', de: 'Stunden fester Egress-IPs' },
  kubernetes_ha_hours: { en: 'Kubernetes high availability hours', de: 'Stunden hochverfügbarer Kubernetes-Cluster' },
  load_balancer_hours: { en: 'load balancer hours', de: 'Load-Balancer-Stunden' },
  floating_ip_hours: { en: 'reserved IP hours', de: 'Stunden reservierter IPs' },
  nat_gateway_hours: { en: 'NAT gateway hours', de: 'NAT-Gateway-Stunden' },
  partner_attachment_hours: { en: 'partner attachment hours', de: 'Partner-Anbindung-Stunden' },
  dns_zones: { en: 'DNS zones', de: 'DNS-Zonen' },
  bandwidth_gb: { en: 'outbound traffic', de: 'Ausgehender Datenverkehr' },
  llm_input_tokens: { en: 'LLM input tokens', de: 'LLM-Eingabe-Token' },
  llm_output_tokens: { en: 'LLM output tokens', de: 'LLM-Ausgabe-Token' },
};

/** A billing kind in words; one that an operator has made up is called by its name. */
export const kindWords = (kind: string, language: keyof Words): string =>
  known[kind]?.[language] ?? kind.replaceAll('_', ' ');

/** Units as they stand after a quantity; any other unit stands as it is. */
const units: Readonly<Record<string, Words>> = {
  hour: { en: 'hours', de: 'Stunden' },
  token: { en: 'tokens', de: 'Token' },
  'GB-month': { en: 'GB-months', de: 'GB-Monate' },
  'zone-month': { en: 'zone-months', de: 'Zonen-Monate' },
};

/** The unit of a quantity in words. */
export const unitWords = (unit: string, language: keyof Words): string => units[unit]?.[language] ?? unit;

import { describe, expect, test } from 'vitest';
import { kindOfLine, lineClassOf } from './line-kind.ts';

describe('billing-ingest: the kind of a line', () => {
  test.each([
    ['Droplets', 'web (s-1vcpu-1gb)', 'droplet'],
    ['GPU Droplets', 'train (gpu-h100x1-80gb)', 'droplet'],
    ['Droplet Snapshots', 'web-1 (fra1) 10.15GB Droplet Snapshot', 'snapshot'],
    ['Volume Snapshots', 'data-1 (fra1) 4.00GB Volume Snapshot', 'snapshot'],
    ['Droplet Backups', 'web (Weekly Backup Services)', 'droplet_backup'],
    ['Droplets', 'web (Weekly Backup Services)', 'droplet_backup'],
    ['Volumes', 'data (20GB)', 'volume'],
    ['Floating IPs', 'Unused Floating IP - 1.1.1.1', 'floating_ip'],
    ['Reserved IPs', 'Unused Reserved IP - 1.1.1.1', 'floating_ip'],
    ['Load Balancers', 'lb-1', 'load_balancer'],
    ['Kubernetes Clusters', 'a56e086a317d8410c8b4cfd1f4dc9f82', 'k8s_cluster'],
    ['Database Clusters', 'db-1', 'managed_db'],
    ['App Platform', 'app', 'app'],
    ['Spaces Subscription', 'Spaces ($5/mo 250GB storage & 1TB bandwidth)', 'account'],
    ['Bandwidth', 'Overage', 'account'],
    ['Premium Support', 'March', 'account'],
    ['Taxes', 'STATE SALES TAX (6.25%)', 'tax'],
    ['Taxes', 'VAT Switzerland (8.10%)', 'tax'],
    ['Something', 'GST (10%)', 'tax'],
    ['Something', 'Tax on it', 'tax'],
    ['Something', 'VAT Switzerland (8.10%)', 'tax'],
    ['State Tax', '', 'tax'],
    ['Something', 'syntax checker, taxi, gsta', 'unknown'],
    ['Container Registry', 'gst-portal (Basic)', 'container_registry'],
    ['Container Registry', 'tax (Basic)', 'container_registry'],
    ['Uptime Checks', 'tax (Basic)', 'unknown'],
    ['Functions', 'tax', 'unknown'],
    ['Functions', 'gst', 'unknown'],
    ['GradientAI Agents', 'My Tax Assistant', 'unknown'],
    ['Knowledge Bases', 'tax.example.com (10%)', 'unknown'],
    ['Knowledge Bases', 'pre-tax (10%)', 'unknown'],
    ['Spaces Object Storage', 'tax-archive', 'account'],
    ['Support', 'Premium Support (pre-tax)', 'account'],
    ['Credits', 'GST refund', 'account'],
    ['VPC NAT Gateways', 'gst', 'nat_gateway'],
    ['Snapshots by SnapShooter', 'tax', 'unknown'],
    ['GradientAI Platform', 'Serverless inference', 'unknown'],
    ['', '', 'unknown'],
  ])('%s, %s is %s', (product, description, kind) => expect(kindOfLine({ product, description })).toBe(kind));

  test('of a droplet with tax, snapshot or backup in its name is droplet', () => {
    for (const name of [
      'tax-office (s-1vcpu-1gb)',
      'droplet-snapshots-db (s-1vcpu-1gb)',
      'backup (s-1vcpu-1gb)',
      'gst',
    ]) {
      expect(kindOfLine({ product: 'Droplets', description: name })).toBe('droplet');
    }
  });

  test('account has the class by which its allocation rule is selected', () => {
    const classOf = (product: string, description = '') =>
      lineClassOf({ kind: kindOfLine({ product, description }), product });
    expect(classOf('Taxes', 'GST')).toBe('tax');
    expect(classOf('Spaces Subscription', 'Spaces ($5/mo 250GB storage & 1TB bandwidth)')).toBe('spaces');
    expect(classOf('Bandwidth', 'Overage')).toBe('bandwidth');
    expect(classOf('Premium Support')).toBe('support');
    expect(classOf('Promotional Credits')).toBe('credit');
    expect(classOf('Refund')).toBe('credit');
    expect(classOf('Container Registry', 'support-spaces')).toBe('other');
  });
});

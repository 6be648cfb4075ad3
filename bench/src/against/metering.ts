import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { to as copyTo } from 'pg-copy-streams';
import type { Bench, Peer } from '../bench.ts';
import { days, monthSeconds, openMonth, resources } from '../metering.ts';
import { installPeers, startPeer } from '../peer-process.ts';

const statesSql = `
  COPY (SELECT resource_id AS resource, extract(epoch FROM starts_at)::bigint AS starts_at,
    CASE WHEN isfinite(ends_at) THEN extract(epoch FROM ends_at)::bigint ELSE 9999999999 END AS ends_at,
    billing_kind AS kind, dimension, units, tenant_id AS tenant, deployment_id AS deployment, revision
    FROM metering.states WHERE deployment_id IS NOT NULL) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (dimension))`;

/** The usage of a month, ours until facts and messages are committed, and a peer's until the same facts are. */
export const meteringAgainst = (peer: Peer): Bench => ({
  name: `peer-${peer.name}`,
  unit: 'µs per fact',
  summary: `${days} days of ${resources} resources, one job a day, until facts and outbox are committed, against ${peer.name}`,
  gate: { kind: 'at-most', gate: 1, aim: 0.8 },
  pairs: 3,
  peer,
  async prepare(stage) {
    installPeers(stage.progress);
    const { admin, ticks, meterMonth, reset } = await openMonth(stage);
    await meterMonth(); // derives the states that the peer copies
    const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-states-'));
    stage.defer(async () => rmSync(folder, { recursive: true, force: true }));
    const states = path.join(folder, 'states.csv');
    await pipeline(admin.query(copyTo(statesSql)), createWriteStream(states));
    const theirs = await startPeer(stage, peer.name, { file: path.join(folder, 'peer.db'), states });
    const starts = ticks.map((tick) => Temporal.Instant.from(tick).epochMilliseconds / 1_000);
    return {
      async ours() {
        await reset();
        await admin.query('CHECKPOINT');
        return { units: resources * days, ms: await meterMonth() };
      },
      async bare() {
        const { value, cpuMs } = await theirs.call<number>('meter', { days: starts, monthSeconds });
        return { units: resources * days, ms: value, cpuMs };
      },
      async check() {
        const { rows } = await admin.query<{ facts: string; sum: string }>(
          'SELECT count(*)::text AS facts, sum(unit_seconds)::numeric(38, 6)::text AS sum FROM metering.usage_records',
        );
        const { value } = await theirs.call<{ facts: string; sum: string }>('totals');
        if (rows[0]?.facts !== value.facts || rows[0].sum !== value.sum)
          throw new Error(`the facts differ: ${JSON.stringify(rows[0])} and ${JSON.stringify(value)}`);
      },
    };
  },
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type OlderDatabase, readOlderDatabase, writeOlderDatabase } from './older-database.ts';

test('the first older database of a service is written into a new folder, and read as it was', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'older-database-'));
  try {
    const file = path.join(folder, 'notifications/test/older-databases/2026-11-30-7e6b873.json.gz');
    const database: OlderDatabase = {
      commit: '7e6b873',
      migrations: { platform: ['0001-events'], service: [] },
      partitions: [],
      tables: [{ name: 'mails', columns: ['mail_id', 'failed_at'], rows: [['1', null]] }],
    };
    writeOlderDatabase(file, database);
    expect(readOlderDatabase(file)).toEqual(database);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startCalled } from './peer-process.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-peer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'peer.mjs');
writeFileSync(
  file,
  `import { answerCalls } from '${path.join(import.meta.dirname, 'answer-calls.ts')}';
  answerCalls({
    open: async ({ n }) => n,
    double: async (n) => 2 * n,
    fail: async () => { throw new Error('this peer cannot do that'); },
    hang: () => new Promise(() => setInterval(() => undefined, 1_000)),
  });`,
);

const start = async () => {
  const undo: (() => Promise<unknown>)[] = [];
  const peer = await startCalled({ defer: (each) => void undo.push(each) }, file, { n: 1 });
  return { peer, end: async () => void (await Promise.all(undo.map((each) => each()))) };
};

test('a call of another process returns its value, or fails with its error', async () => {
  const { peer, end } = await start();
  expect((await peer.call<number>('double', 21)).value).toBe(42);
  await expect(peer.call('fail')).rejects.toThrow('this peer cannot do that');
  await expect(peer.call('nothing')).rejects.toThrow('peer.mjs');
  await end();
});

test('a call of a process that is killed fails, and the end of the benchmark finds it gone', async () => {
  const { peer, end } = await start();
  const hanging = peer.call('hang').catch((error: unknown) => String(error));
  await peer.kill();
  expect(await hanging).toContain('peer.mjs ended: SIGKILL');
  await end();
});

import { describe, expect, it } from 'vitest';
import { type Creation, type FoundDroplet, firstSearchAt, nextSearchAt, reasonToKeep } from './orphans.ts';

const sagaId = '99999999-9999-4999-8999-999999999999';
const creation: Creation = {
  sagaId,
  startedAt: '2026-04-01T00:00:00Z',
  name: 'worker-1',
  sizeSlug: 's-1vcpu-1gb',
  region: 'syd1',
  tags: ['Web'],
  isItsOwn: false,
};
const found: FoundDroplet = {
  name: 'worker-1',
  sizeSlug: 's-1vcpu-1gb',
  region: 'syd1',
  tags: ['web', `arcadia-saga:${sagaId}`],
  createdAt: '2026-04-01T02:00:00Z',
  isInDefaultProject: true,
  isAttributedByHand: false,
  hasDesiredState: false,
};

describe('provisioning: an orphan', () => {
  it('is removed only while it is exactly as the request made it', () => {
    expect(reasonToKeep(found, creation)).toBeNull();
    const changed: Partial<FoundDroplet>[] = [
      { isAttributedByHand: true },
      { hasDesiredState: true },
      { createdAt: '2026-03-31T23:00:00Z' },
      { name: 'worker-2' },
      { sizeSlug: 's-2vcpu-4gb' },
      { region: 'fra1' },
      { tags: [...found.tags, 'mine'] },
      { isInDefaultProject: false },
    ];
    expect(changed.map((one) => reasonToKeep({ ...found, ...one }, creation))).toEqual(
      changed.map(() => expect.any(String)),
    );
  });

  it('that the saga worked with is removed although the saga has tagged it and put it in a project', () => {
    const assigned = { ...found, tags: [...found.tags, 'deployment:x'], isInDefaultProject: false };
    expect(reasonToKeep(assigned, { ...creation, isItsOwn: true })).toBeNull();
    expect(reasonToKeep({ ...assigned, name: 'db' }, { ...creation, isItsOwn: true })).not.toBeNull();
  });

  it('is searched for ever less often, and for the last time a day after the end of the saga', () => {
    const end = Temporal.Instant.from('2026-04-01T00:00:00Z');
    const minutes: number[] = [];
    for (let at: Temporal.Instant | null = firstSearchAt(end); at !== null; at = nextSearchAt(end, at)) {
      minutes.push(end.until(at).total('minutes'));
    }
    expect(minutes).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_280, 1_440]);
  });
});

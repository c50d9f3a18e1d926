import { expect, test } from 'vitest';
import { crashes, shownWreck } from './crash.ts';
import { replays } from './replay.ts';
import { describeStores } from './stores.test-support.ts';
import { leaveStreams } from './streams.ts';

/** What a crash within the settlement leaves: a transaction that is not committed, or a script that was sent. */
const WITHIN = {
  sqlite: 'at once spent  0 held 28 | after the lease spent 28 held  0 | served 18 | in the report 0',
  redis: 'at once spent 18 held  0 | after the lease spent 18 held  0 | served 18 | in the report 1',
};

describeStores('each call is settled once, over books in', (storeOf, kind) => {
  test('wherever its process is gone, nothing stays held and no less counts than was served', async () => {
    // A call is held for 28, and comes to 18.
    const wrecks = await crashes(storeOf('crashes'));
    expect(wrecks.map(shownWreck)).toEqual([
      'before the hold        | at once spent  0 held  0 | after the lease spent  0 held  0 | served  0 | in the report 0',
      'held, not sent         | at once spent  0 held 28 | after the lease spent 28 held  0 | served  0 | in the report 0',
      'in mid-stream          | at once spent  0 held 28 | after the lease spent 28 held  0 | served 10 | in the report 0',
      'answered, not settled  | at once spent  0 held 28 | after the lease spent 28 held  0 | served 18 | in the report 0',
      `within the settlement  | ${WITHIN[kind]}`,
      'settled                | at once spent 18 held  0 | after the lease spent 18 held  0 | served 18 | in the report 1',
    ]);
  }, 120_000);

  test('however often it is delivered, by however many, also when the lease was over', async () => {
    expect(await replays(storeOf('replays'))).toEqual([
      'before, held: spent 0, held 200, in the report 0 calls',
      'before, lapsed: spent 200, held 0, in the report 0 calls',
      'after, held: spent 140, held 0, in the report 20 calls',
      'after, lapsed: spent 140, held 0, in the report 20 calls',
      'after once more, held: spent 140, held 0, in the report 20 calls',
      'after once more, lapsed: spent 140, held 0, in the report 20 calls',
    ]);
  }, 120_000);

  test('and no stream is free, at whatever chunk it is left', async () => {
    const { posted, free, held } = await leaveStreams(storeOf('streams'), 210);
    expect({ posted, free, held }).toEqual({ posted: 210, free: 0, held: 0 });
  }, 120_000);
});

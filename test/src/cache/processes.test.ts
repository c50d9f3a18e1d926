import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fakeProvider, type FakeProvider } from '@interpose/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { places, type Place, type StoreKind } from './stores.test-support.ts';

const CHILD = fileURLToPath(new URL('processes.child.ts', import.meta.url));
const PROCESSES = 4;
const CALLS = 25;

function start(...args: string[]): ChildProcess {
  const execArgv = ['--conditions=@interpose/source', '--disable-warning=ExperimentalWarning'];
  const child = fork(CHILD, args, { execArgv });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Processes that wait for the word. */
async function fleet(kind: StoreKind, { where }: Place, provider: FakeProvider): Promise<ChildProcess[]> {
  const args = [kind, where, provider.baseURL, String(CALLS)];
  const children = Array.from({ length: PROCESSES }, () => start(...args));
  await Promise.all(children.map((child) => once(child, 'message')));
  return children;
}

/** Gives the word; then what each of them was answered. */
function go(children: readonly ChildProcess[]): Promise<string[]>[] {
  return children.map(async (child) => {
    const answered = once(child, 'message');
    child.send('go');
    const [answers] = (await answered) as [string[]];
    return answers;
  });
}

/** The same answers in other words: how many came about in which way. */
function tally(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

describe.each<StoreKind>(['redis', 'sqlite'])(
  'identical calls in flight in several processes over %s',
  (kind) => {
    test('cost one', async () => {
      const place = await places[kind]();
      await using provider = await fakeProvider({ replies: { text: 'Good morning', latency: 500 } });
      const children = await fleet(kind, place, provider);
      const answers = (await Promise.all(go(children))).flat();
      expect(provider.requests).toHaveLength(1);
      const { 'miss Good morning': asked, ...shared } = tally(answers);
      expect(asked).toBe(1);
      expect(answers).toHaveLength(PROCESSES * CALLS);
      // Those of a process that came late find it kept.
      expect(Object.keys(shared).filter((way) => !/^(coalesced|hit) Good morning$/.test(way))).toEqual([]);
      expect(await place.keys()).toHaveLength(1);
    }, 60_000);

    test('outlive the process that asks: one other asks', async () => {
      const place = await places[kind]();
      await using provider = await fakeProvider({
        script: [{ latency: 120_000 }],
        replies: { text: 'Good morning', latency: 200 },
      });
      const children = await fleet(kind, place, provider);
      const answering = go(children);
      await vi.waitFor(() => expect(provider.requests).toHaveLength(1), { timeout: 20_000 });
      const asking = Number(provider.requests[0]?.headers['x-process']);
      const dying = children.findIndex(({ pid }) => pid === asking);
      children[dying]?.kill('SIGKILL');
      const answers = (await Promise.all(answering.toSpliced(dying, 1))).flat();
      expect(answers).toHaveLength((PROCESSES - 1) * CALLS);
      expect(tally(answers)['miss Good morning']).toBe(1);
      expect(answers.every((answer) => answer.endsWith(' Good morning'))).toBe(true);
      expect(provider.requests).toHaveLength(2);
      expect(Number(provider.requests[1]?.headers['x-process'])).not.toBe(asking);
    }, 90_000);
  },
);

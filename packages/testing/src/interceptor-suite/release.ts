import { fail } from 'node:assert';
import { getEventListeners } from 'node:events';
import { fakeProvider } from '../fake-provider/fake-provider.ts';
import { cutAfter, overloaded } from '../fake-provider/shapes.ts';
import type { ScriptedReply } from '../fake-provider/scripted-reply.ts';
import { rig, type Rig } from './rig.ts';
import type { Rule, Subject } from './subject.ts';
import { watchTimers } from './watch-timers.ts';
import { isVerdict, soon, turns, within } from './within.ts';

const ROUNDS = 20;
const NO_END = 'layer.close() does not end within 1 s. What did the interceptor put on LIFETIME?';

/** The rules on what an interceptor leaves behind: nothing. */
export const release: readonly Rule[] = [
  ['leaves no listener on a signal that many calls share', listeners],
  ['leaves no timer', timers],
  ['ends with its layer, also when that is closed twice', closes],
];

/** Calls that end in every way there is, {@link ROUNDS} of each. */
async function busy(subject: Subject): Promise<{ one: Rig; signal: AbortSignal; calls: number }> {
  const replies: readonly ScriptedReply[] = [{}, overloaded(), { refuse: true }, cutAfter(2, 'reset')];
  let request = 0;
  const provider = fakeProvider.inProcess({ replies: () => replies[request++ % replies.length] ?? {} });
  const { signal } = new AbortController();
  const one = rig(subject, provider.fetch);
  let calls = 0;
  for (let round = 0; round < ROUNDS * replies.length; round++) {
    for (const how of ['read', 'stream', 'cancel'] as const) {
      calls++;
      const params = { stream: how !== 'read', messages: [{ role: 'user', content: `question ${calls}` }] };
      try {
        const response = await within(one.call({ params, signal }), 'A call got no reply within 1 s.');
        if (how === 'cancel') await response.body?.cancel();
        else await within(response.text(), 'The body of a reply did not end within 1 s.');
      } catch (error) {
        if (isVerdict(error)) throw error;
      }
    }
  }
  await turns();
  return { one, signal, calls };
}

async function listeners(subject: Subject): Promise<void> {
  const { one, signal, calls } = await busy(subject);
  using _closing = one;
  const left = getEventListeners(signal, 'abort').length;
  if (left === 0) return;
  fail(
    `After ${calls} calls that ended, ${left} 'abort' listeners are left on the signal that they shared. Remove each ` +
      'in a finally, or when reply.outcome settles; CLOCK.sleep(ms, call.signal) does so by itself.',
  );
}

function timers(subject: Subject): Promise<void> {
  return watchTimers(async (running) => {
    const { one, calls } = await busy(subject);
    const left = running();
    // One or two may belong to the layer, which still lives.
    if (left >= ROUNDS / 2) {
      fail(
        `After ${calls} calls that ended, ${left} timers still run. Clear each in a finally, or when reply.outcome ` +
          'settles; wait with CLOCK.sleep(ms, signal), and end it by a signal of your own.',
      );
    }
    await within(one.layer.close(), NO_END);
    if (await soon(() => running() === 0)) return;
    fail(
      'After layer.close() a timer of the interceptor still runs. In create(container), hand what ends it to container.resolve(LIFETIME).onClose().',
    );
  });
}

async function closes(subject: Subject): Promise<void> {
  const provider = fakeProvider.inProcess();
  for (const used of [false, true]) {
    using one = rig(subject, provider.fetch);
    if (used) await (await within(one.call(), 'A call got no reply within 1 s.')).text();
    for (let time = 0; time < 2; time++) {
      try {
        await within(one.layer.close(), NO_END);
      } catch (error) {
        if (isVerdict(error)) throw error;
        fail(`layer.close() failed: ${String(error)}. What is put on LIFETIME must end whatever its state.`);
      }
    }
  }
}

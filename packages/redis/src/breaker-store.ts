import type { BreakerState, BreakerStore } from '@interpose/breaker';
import { ENTER, REPORT } from './breaker-scripts.ts';
import type { Scripts } from './script.ts';

/** Keeps the state of breakers in Redis: each step one script. */
export function breakerStoreOver(server: Scripts, prefix: string): BreakerStore {
  // In braces, so that a cluster puts all of it into one slot: a step is atomic only there.
  const base = `{${prefix}}:breaker`;

  return {
    async enter({ key, id, rules }) {
      const { maxProbes, probeMs } = rules;
      const args = [key, id, String(maxProbes), whole(probeMs)];
      const [state, admitted, retryMs, changed] = await server.run(ENTER, base, args);
      return {
        state: state as BreakerState,
        admitted: admitted === '1',
        retryMs: Number(retryMs),
        changed: changed === '1',
      };
    },

    async report({ key, id, rules, result, openMs, maxOpenMs }) {
      const { consecutive = 0, sample } = rules;
      const { share = 0, minCalls = 0, everyMs = 1 } = sample ?? {};
      const limits = [consecutive, share, minCalls].map(String);
      const args = [key, id, result, whole(openMs), whole(maxOpenMs), ...limits, whole(everyMs)];
      const [state, changed, retryMs] = await server.run(REPORT, base, args);
      return { state: state as BreakerState, changed: changed === '1', retryMs: Number(retryMs) };
    },
  };
}

function whole(ms: number): string {
  return String(Math.ceil(ms));
}

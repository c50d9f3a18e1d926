import { randomBytes } from 'node:crypto';
import {
  CLOCK,
  LOGGER,
  SCRUBBER,
  arrived,
  ask,
  type Call,
  type InjectionToken,
  type Plugin,
  type Reply,
} from '@interpose/core';
import { Detection } from './detector.ts';
import { checkSecret, redactSettings, type RedactOptions } from './redact-options.ts';
import { Redactor } from './redactor.ts';
import { Report, Seen } from './report.ts';
import { ruleSets } from './rule-sets.ts';
import { masking } from './scrub.ts';
import { Unit } from './unit.ts';

/** The key of pseudonyms and hashes. @default nobody provides one; each layer makes its own */
export const REDACTION_SECRET: InjectionToken<string | Uint8Array> = Symbol.for('interpose.REDACTION_SECRET');

const SECRET_BYTES = 32;

/**
 * Takes secrets and personal data out of what is sent to a model, and of what it answers, streamed or not. Provides the
 * layer's `SCRUBBER` with it.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link RedactionError} for what is to be blocked, and with `FaultError` when a rule or a detector
 * breaks, unless `onFault` is `open`; replies end with these.
 */
export function redact(options: RedactOptions = {}): Plugin {
  const settings = redactSettings(options);
  const { rules, allows, detectors, requestAction, replyAction, onFault, restore } = settings;
  const setFor = ruleSets(settings);
  const [requestRules, replyRules] = [setFor(requestAction), setFor(replyAction)];
  const repliesToo = [...rules, ...detectors].some(({ id }) => replyAction(id) !== 'off');

  return {
    name: 'redact',
    stage: 'protect',
    onFault,
    describe: settings.describe,
    register(container) {
      let scrub: ((text: string) => string) | undefined;
      // Only when there is something to scrub: many layers never log.
      const scrubbed = (text: string): string => (scrub ??= masking(setFor(() => 'mask')))(text);
      container.register(SCRUBBER, { useValue: { scrub: scrubbed } });
    },
    create(container) {
      const shared = container.isRegistered(REDACTION_SECRET, true)
        ? container.resolve(REDACTION_SECRET)
        : undefined;
      if (shared !== undefined) checkSecret(shared);
      const secret = settings.secret ?? shared ?? randomBytes(SECRET_BYTES);
      const clock = container.resolve(CLOCK);
      const unit = new Unit({
        request: new Redactor({ rules: requestRules, direction: 'request', actionOf: requestAction, secret }),
        reply: repliesToo
          ? new Redactor({ rules: replyRules, direction: 'reply', actionOf: replyAction, secret })
          : undefined,
        requestDetection: new Detection(detectors, requestAction, allows, clock, settings.detectorTimeoutMs),
        replyDetection: new Detection(detectors, replyAction, allows, clock, settings.detectorTimeoutMs),
        restore,
        report: new Report(settings.onMatch, container.resolve(LOGGER)),
        secret,
        onFault,
      });

      return (next) => {
        /** Replies that were redacted as they came, before units further in could keep them. */
        const done = new WeakSet<Reply>();
        return function redact(call) {
          const vault = unit.vault(call);
          const seen = new Seen();
          const arrive = (reply: Reply): Reply | Promise<Reply> => {
            done.add(reply);
            return unit.arrive(reply, seen);
          };
          const send = (inward: Call): Promise<Reply> =>
            ask(next, repliesToo ? inward.with({ context: [[arrived, arrive]] }) : inward);
          const inward = unit.inward(call, vault);
          const asked = inward instanceof Promise ? inward.then(send) : send(inward);
          return asked.then((reply) => unit.outward(call, reply, vault, done.has(reply), seen));
        };
      };
    },
  };
}

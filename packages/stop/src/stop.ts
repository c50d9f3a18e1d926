import {
  ask,
  eventType,
  type Call,
  type Channel,
  type EventType,
  type Plugin,
  type Reply,
  type TextCut,
} from '@interpose/core';
import { stopSettings, type StopOptions } from './stop-options.ts';
import { TextEnd } from './text-end.ts';

/** There was enough of a text; the rest of it is not handed on. */
export const enough: EventType<Enough> = eventType('stop');

/** The data of {@link enough}. Never the text. */
export interface Enough {
  /** The rule that said so: `marker`, `maxCharacters`, `json`, `predicate`. */
  readonly rule: string;
  /** Which text it was: `choice:0:content`. */
  readonly channel: string;
  /** How much of it was handed on. */
  readonly characters: number;
}

/**
 * Ends a reply as soon as there is enough of it: a marker, a length, enough JSON, a predicate. A stream ends as a whole one does,
 * and the provider is stopped, so that what would have come is not written; the text of a plain reply is cut.
 *
 * @throws {ConfigurationError} for a wrong option. What functions of the user's throw ends the reply.
 */
export function stop(options: StopOptions): Plugin {
  const { rules, channels, shouldFollow, describe } = stopSettings(options);

  function textEnd(call: Call, channel: Channel): TextCut {
    const context = { call, channel };
    const following = rules.map((rule) => ({ name: rule.name, follower: rule.follow(context) }));
    return new TextEnd(following, (rule, characters) => {
      call.runtime.events.emit(enough, 'stop', call, { rule, channel: channel.id, characters });
    });
  }

  function follow(call: Call, reply: Reply): Reply {
    return reply.cutText('stop', (channel) =>
      channels.has(channel.kind) ? textEnd(call, channel) : AS_IT_IS,
    );
  }

  return {
    name: 'stop',
    stage: 'protect',
    describe,
    create: () => (next) =>
      function stop(call) {
        // Of other operations, a stream cannot be ended so that it is whole.
        if (!call.operation.closing || !shouldFollow({ call })) return next(call);
        return ask(next, call).then((reply) => (reply.ok ? follow(call, reply) : reply));
      },
  };
}

const AS_IT_IS: TextCut = Object.freeze({ over: false, push: (text: string) => text, end: () => '' });

import type { Call, Channel } from '@interpose/core';
import { JSONParser } from '@streamparser/json';
import type { Rule } from './rule.ts';

/** What a {@link JsonPredicate} goes by. */
export interface JsonSoFar {
  readonly call: Call;
  readonly channel: Channel;
  /** The object or array, with what is complete of it: no half strings, and no numbers that may go on. Not to be changed. */
  readonly value: unknown;
}

/** Says of the JSON so far whether that is enough. Asked when a value in it is complete. */
export type JsonPredicate = (args: JsonSoFar) => boolean;

/**
 * Ends a text that is JSON right behind its end, or as soon as it holds enough. It may stand in a code fence. Text that is
 * something else, or breaks off being JSON, is let be.
 */
export function json(enough: 'whole' | JsonPredicate): Rule {
  return {
    name: 'json',
    follow({ call, channel }) {
      let position = 0;
      let place: Place = 'before';
      let found = false;
      const parser = new JSONParser();
      parser.onError = () => {
        place = 'elsewhere';
      };
      parser.onValue = ({ value, parent, stack }) => {
        const isWhole = stack.length === 0;
        // Beneath the outermost, of which the parser tells nothing, stands the object or array that all is in.
        const all = isWhole ? value : (stack[1]?.value ?? parent);
        found ||= enough === 'whole' ? isWhole : enough({ call, channel, value: all });
      };

      function take(character: string): void {
        if (place !== 'inside') place = placeAfter(place, character);
        if (place === 'inside') parser.write(character);
      }

      return {
        held: 0,
        next(stretch) {
          // One by one, so that it is known behind which one it is enough.
          for (const character of place === 'elsewhere' ? '' : stretch) {
            take(character);
            position += character.length;
            if (found) return position;
          }
          return undefined;
        },
      };
    },
  };
}

/** Where in a text something stands: before the JSON, in the line that opens a code fence, in the JSON, in no JSON. */
type Place = 'before' | 'fence' | 'inside' | 'elsewhere';

function placeAfter(place: Place, character: string): Place {
  if (place === 'elsewhere') return place;
  if (place === 'fence') return character === '\n' ? 'before' : 'fence';
  if (character === '{' || character === '[') return 'inside';
  if (character.trim() === '') return 'before';
  return character === '`' ? 'fence' : 'elsewhere';
}

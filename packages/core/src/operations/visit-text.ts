import { withField, type JsonRecord } from './json.ts';
import type { Channel, ChannelKind, TextTransform } from './operation.ts';

/**
 * Visits a text of a reply and says what becomes of it. May be shown the empty string, which stays empty; the empty
 * string of an `arguments` channel is a call that starts.
 */
export type VisitText = (text: string, id: string, kind: ChannelKind) => string;

/** Visits the text in a field; returns the same object when it stayed the same or is no text. */
export function visitField(
  record: JsonRecord,
  field: string,
  id: string,
  kind: ChannelKind,
  visit: VisitText,
): JsonRecord {
  const text = record[field];
  return typeof text === 'string' ? withField(record, field, visit(text, id, kind)) : record;
}

/** Transforms each text that is visited as a whole channel of its own. */
export function transformWhole(open: (channel: Channel) => TextTransform): VisitText {
  return (text, id, kind) => {
    if (text === '') return text;
    const transform = open({ id, kind });
    return transform.push(text) + transform.end();
  };
}

import type { Frame } from './frames.ts';
import type { Payload } from './payload.ts';
import type { ScriptedReply } from './scripted-reply.ts';
import { stableId } from './stable-id.ts';

// Constant, so that a rerun reads the same.
const USUAL = {
  'openai-processing-ms': '12',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-limit-tokens': '2000000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-remaining-tokens': '1999000',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-reset-tokens': '30ms',
};

/** The headers of a reply: the usual ones of the API, then the scripted ones over them. */
export function replyHeaders(
  { contentType, events }: Payload,
  made: Iterable<Frame>,
  { headers = {}, chunkBytes }: ScriptedReply,
  seed: string,
): Record<string, string> {
  const all: Record<string, string> = {
    'content-type': contentType ?? (events ? 'text/event-stream; charset=utf-8' : 'application/json'),
    'x-request-id': stableId('req_', seed),
    ...USUAL,
  };
  if (events) all['cache-control'] = 'no-cache';
  // With a length, HTTP would merge the pieces that `chunkBytes` keeps apart.
  else if (chunkBytes === undefined) {
    all['content-length'] = String([...made].reduce((sum, { bytes }) => sum + bytes.length, 0));
  }
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  return all;
}

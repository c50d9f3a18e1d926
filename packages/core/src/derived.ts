// Of the request as it was: its body's length, its attempts, the helper of the client that made it.
const OF_THE_REQUEST = [
  'content-length',
  'idempotency-key',
  'x-stainless-retry-count',
  'x-stainless-helper-method',
  'x-stainless-poll-helper',
] as const;

/** What a request of another operation takes over of a call's headers: credentials, organisation, and what else there is. */
export function derivedHeaders(given: Headers): Headers {
  const headers = new Headers(given);
  for (const name of OF_THE_REQUEST) headers.delete(name);
  headers.set('accept', 'application/json');
  headers.set('content-type', 'application/json');
  return headers;
}

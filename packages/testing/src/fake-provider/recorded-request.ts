/**
 * How far a request has come: still being answered, answered in full, left by the client, or ended by the provider
 * before its time.
 */
export type RequestStatus = 'open' | 'finished' | 'client-closed' | 'cut';

/** One request as the provider saw it. It is a live object: `bytesSent` and `status` change while it is answered. */
export interface RecordedRequest {
  /** `r1`, `r2`, ... in the order of arrival. */
  readonly id: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Header names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON, or `undefined` when the body is none. */
  readonly body: unknown;
  /** The body as text. Bytes that are not UTF-8, in uploads, show as replacement characters. */
  readonly rawBody: string;
  /** Arrival, in milliseconds on the clock of `performance.now()`. */
  readonly at: number;
  /** Bytes of the response body that were handed to the socket, or pulled by the reader of the in-process body. */
  readonly bytesSent: number;
  readonly status: RequestStatus;
  /** When `status` left `open`, on the clock of `at`. */
  readonly closedAt?: number;
}

/** A recorded request while its answer is being written. */
export type OpenRequest = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

/** Closes a record; the first reason stays. */
export function closeRecord(record: OpenRequest, status: Exclude<RequestStatus, 'open'>): void {
  if (record.status !== 'open') return;
  record.status = status;
  record.closedAt = performance.now();
}

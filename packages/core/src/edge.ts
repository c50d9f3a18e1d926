import type { Call } from './call.ts';
import { findInterposeError, InterposeError } from './error.ts';
import { classify } from './classify.ts';
import { LightResponse, textBody } from './light-response.ts';

const refusals = Symbol('interpose.refusal');

/** The header that carries the code of an {@link InterposeError} on the response that stands for it. */
export const ERROR_HEADER = 'x-interpose-error';

/**
 * Turns what a handler threw into an error of this project, where it has to be one. Errors of others stay
 * what they are, unless a unit of the stack retries: then a client must not take them for a broken
 * connection and send the call again.
 */
export function typedError(error: unknown, call: Call, retries: boolean): InterposeError | undefined {
  const known = findInterposeError(error);
  if (known) return known;
  if (call.signal.aborted) return undefined;
  if (!(error instanceof Error)) {
    return new InterposeError(`A handler rejected with something that is not an Error (${typeof error})`, {
      code: 'not_an_error',
      status: 500,
      cause: error,
    });
  }
  if (!retries) return undefined;
  const failure = classify(error, call.signal);
  return new InterposeError(`The call failed (${failure.message})`, {
    code: `call_${failure.kind}`,
    status: failure.kind === 'timeout' ? 504 : 502,
    failure,
    cause: error,
  });
}

/**
 * The response that stands for an error: OpenAI's error JSON with a fitting status and `x-should-retry: false`,
 * so that no client takes it for a broken connection. Where the error has the provider's reply behind it, that
 * reply is shown, with its status, headers and body.
 */
export async function errorResponse(error: InterposeError): Promise<Response> {
  const headers = new Headers(error.reply?.headers);
  headers.set('x-should-retry', 'false');
  headers.set(ERROR_HEADER, error.code);
  Object.defineProperty(headers, refusals, { value: error });
  const shown = error.reply?.deliver();
  const body = (await textOf(shown)) ?? errorJson(error, headers);
  return new LightResponse({
    status: shown?.status ?? error.status,
    statusText: shown?.statusText ?? '',
    headers,
    url: shown?.url ?? '',
    body: textBody(body),
  });
}

/**
 * Marks an error reply of a stack that retries: what was not worth another attempt there is not to be sent again
 * by a client with retries of its own.
 */
export function lastWord(response: Response): Response {
  // Also what stands for an error of a layer further in: its headers are how it is told.
  if (response.headers.get('x-should-retry') === 'false') return response;
  const headers = new Headers(response.headers);
  headers.set('x-should-retry', 'false');
  return Object.defineProperty(response, 'headers', { value: headers, configurable: true, enumerable: true });
}

/** The error for which a response of {@link errorResponse} stands; told by its headers, which clients keep. */
export function refusalOf(headers: Headers): InterposeError | undefined {
  return (headers as { [refusals]?: InterposeError })[refusals];
}

async function textOf(response: Response | undefined): Promise<string | undefined> {
  try {
    return await response?.text();
  } catch {
    // A body that broke says nothing; the error speaks for itself.
    return undefined;
  }
}

function errorJson(error: InterposeError, headers: Headers): string {
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  if (error.failure?.retryAfterMs !== undefined) {
    headers.set('retry-after-ms', String(error.failure.retryAfterMs));
  }
  const { message, code } = error;
  return JSON.stringify({ error: { message, type: 'interpose_error', code, param: null } });
}

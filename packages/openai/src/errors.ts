import { standFor, type InterposeError } from '@interpose/core';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';

/**
 * Makes an error of the client's family that stands for `error`: code that catches the client's errors goes on
 * working, and `instanceof`, `code` and fields of the typed error hold as well. The typed error itself is its
 * `cause`.
 *
 * @param byStatus the error that the client would throw for the response that stands for `error`.
 */
export function clientError(error: InterposeError, byStatus?: Error): Error {
  if (error.reply && byStatus) return twin(byStatus, error);
  switch (error.failure?.kind) {
    case 'timeout':
    case 'stalled':
      return twin(new APIConnectionTimeoutError({ message: error.message }), error);
    case 'network':
    case 'truncated':
      return twin(new APIConnectionError({ message: error.message }), error);
    default:
      return twin(byStatus ?? new APIError(undefined, undefined, error.message, undefined), error);
  }
}

function twin(client: Error, error: InterposeError): Error {
  const { name } = error;
  Object.defineProperty(client, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(client, 'cause', { value: error, configurable: true, writable: true });
  return standFor(client, error);
}

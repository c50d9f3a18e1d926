/** The error object of OpenAI's error bodies. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** An answer that is an error, thrown by an operation and turned into OpenAI's error shape. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly error: ErrorBody;

  constructor(status: number, error: ErrorBody) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

/** Builds the 400 of a request that cannot be served. */
export function invalidRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): ApiError {
  return new ApiError(400, { message, type: 'invalid_request_error', param, code });
}

/** Builds the 404 of a thing that is not there. */
export function notFound(message: string, param: string | null = null, code: string | null = null): ApiError {
  return new ApiError(404, { message, type: 'invalid_request_error', param, code });
}

/** Serialises an error in the one shape that all of OpenAI's errors have. */
export function errorJson({ message, type, param = null, code = null }: ErrorBody): string {
  return JSON.stringify({ error: { message, type, param, code } });
}

/** The error that a bare status stands for when a script names nothing else. */
export function errorOfStatus(status: number): ErrorBody {
  const [type, message] = TYPES[status] ?? (status >= 500 ? SERVER_ERROR : INVALID_REQUEST);
  return { message, type, code: CODES[status] ?? null };
}

const SERVER_ERROR = ['server_error', 'The server had an error while processing your request.'] as const;
const INVALID_REQUEST = ['invalid_request_error', 'The request cannot be served.'] as const;

const TYPES: Readonly<Record<number, readonly [type: string, message: string]>> = {
  401: ['invalid_request_error', 'Incorrect API key provided.'],
  403: ['permission_error', 'You are not allowed to do this.'],
  404: ['invalid_request_error', 'The resource does not exist.'],
  408: ['timeout', 'The request took too long.'],
  409: ['conflict_error', 'The resource was changed by another request.'],
  429: ['requests', 'Rate limit reached for requests per minute.'],
  503: ['server_error', 'The engine is currently overloaded, please try again later.'],
};

const CODES: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' };

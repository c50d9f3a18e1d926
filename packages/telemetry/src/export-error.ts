import { TimeOver } from './time-over.ts';

/** Why an export failed, in a word. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}

/** What a failure was, in a word. Never the message of somebody else: it may quote what was sent, or a header. */
export function wordOf(error: unknown): string {
  if (error instanceof TimeOver) return 'timeout';
  if (error instanceof ExportError) return error.message;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
}

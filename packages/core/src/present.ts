import { InterposeError } from './error.ts';

/** Turns an error of this project into the one that a client's users expect. */
export type Present = (error: InterposeError) => Error;

/** Wraps a way of reading a body so that its errors are presented. */
export function presenting<T>(present: Present | undefined, read: () => Promise<T>): () => Promise<T> {
  if (!present) return read;
  return async () => {
    try {
      return await read();
    } catch (error) {
      throw error instanceof InterposeError ? present(error) : error;
    }
  };
}

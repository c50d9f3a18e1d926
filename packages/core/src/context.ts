/** A typed name for a value that interceptors hand inwards on a call. Made by {@link contextKey}. */
export interface ContextKey<T> {
  readonly description: string;
  readonly defaultValue: T;
}

/**
 * Makes a key for `call.get` and `call.with({ context })`.
 *
 * @param defaultValue what `call.get` answers when nobody set the key.
 * @param description for people; two keys with the same description are still two keys.
 */
export function contextKey<T>(defaultValue: T, description = 'context'): ContextKey<T> {
  return { description, defaultValue };
}

/** A key with its value, ready for `call.with({ context: [...] })`. */
export type ContextEntry<T = unknown> = readonly [ContextKey<T>, T];

/** What the platform's `fetch` throws when no response comes; the reason is in `cause`. */
export function fetchFailed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

/** What the platform's bodies throw when they break off; the reason is in `cause`. */
export function terminated(cause: unknown): TypeError {
  return new TypeError('terminated', { cause });
}

/** Who lives through it. */
export const OUTAGE_SUBJECTS = ['bare client', 'retry alone', 'whole stack'] as const;

/** The name of who lives through it. */
export type OutageSubject = (typeof OUTAGE_SUBJECTS)[number];

/** The provider's day, in seconds. Each phase lasts until its end. */
export const PHASES = [
  { name: 'down', until: 120, label: 'down (503)' },
  { name: 'limited', until: 180, label: '20 requests a second' },
  { name: 'well', until: 240, label: 'well' },
] as const;

export const SECONDS = 240;
export const CALLS = 10_000;
export const LIMIT_PER_SECOND = 20;
export const LATENCY_MS = 200;
export const BACKUP = 'https://backup.test/v1';

/** What happened in each second. */
export interface OutageResult {
  /** Requests to the provider. */
  readonly requests: readonly number[];
  /** Those of them that were not the first attempt of their call. */
  readonly retried: readonly number[];
  /** Calls that came then and were answered in the end. */
  readonly answered: readonly number[];
  /** Requests to the other provider. */
  readonly elsewhere: readonly number[];
}

// The provider.
export { fakeProvider } from './fake-provider.ts';
export type { FakeProvider, FakeProviderFactory, FakeProviderOptions } from './fake-provider.ts';
export type { StandingReply } from './provider-state.ts';
export type { RecordedRequest, RequestStatus } from './recorded-request.ts';
export type { LedgerEntry, LedgerTotals, ProviderLedger } from './ledger.ts';

// What it is told to do.
export type {
  CutHow,
  Place,
  ScriptedContent,
  ScriptedFaults,
  ScriptedReply,
  ScriptedToolCall,
  ScriptedUsage,
  ScriptedWire,
} from './scripted-reply.ts';
export type { ErrorBody } from './api-error.ts';
export {
  contentFilter,
  contextLengthExceeded,
  creditBalanceExhausted,
  cutAfter,
  insufficientQuota,
  insufficientQuotaByType,
  organizationSpendLimitExceeded,
  organizationUsageLimitExceeded,
  overloaded,
  projectSpendLimitExceeded,
  quotaExhausted,
  rateLimited,
  serverError,
  stallAfter,
  unauthorized,
} from './shapes.ts';
export type { RetryHints } from './shapes.ts';

// What it answers by itself, for tests that compute the expected.
export { countTokens, pieces } from './tokens.ts';
export { schemaInstance } from './schema-instance.ts';
export { unitVector } from './embeddings.ts';

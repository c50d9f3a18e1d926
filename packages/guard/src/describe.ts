import type { PolicySettings } from './policy.ts';

/** A policy as `layer.describe()` shows it: the names of params, and not what they are set to. */
export function described(policy: PolicySettings): Record<string, unknown> {
  const {
    name,
    operations,
    models,
    maxInputTokens,
    maxOutputTokens,
    required,
    forbid = {},
    params = {},
  } = policy;
  const { trusted, checks = [], match } = policy;
  const { timeoutMs, ...wanted } = required;
  const shown: Record<string, unknown> = {
    name,
    match: match && 'custom',
    operations,
    models,
    maxInputTokens,
    maxOutputTokens,
    require: { ...wanted, ...(timeoutMs !== undefined && { timeout: timeoutMs === Infinity || timeoutMs }) },
    forbid,
    params: Object.keys(params),
    trusted: typeof trusted === 'function' ? 'custom' : trusted,
    checks: checks.map((check) => check.name),
  };
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

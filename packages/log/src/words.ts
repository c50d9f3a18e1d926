import { styleText } from 'node:util';
import type { LogEntry } from './entry.ts';

/** The message of a line: `chat gpt-4o-mini completed in 812 ms`. */
export function sentence(entry: LogEntry): string {
  const { outcome, latencyMs, failure } = entry;
  const when = outcome === 'aborted' || outcome === 'abandoned' || outcome === 'truncated' ? 'after' : 'in';
  const why = failure && outcome !== 'aborted' && outcome !== 'truncated' ? `: ${reason(failure)}` : '';
  return `${subject(entry)} ${outcome} ${when} ${latencyMs} ms${why}`;
}

/**
 * The line for a console, for people:
 *
 * `12:00:01.123  chat gpt-4o-mini  completed  812 ms (first content 230 ms)  12 → 48 tokens  req_123`
 *
 * In colour where stdout is a terminal that wants it.
 *
 * @param at milliseconds since the epoch.
 * @param extra fields that somebody added.
 */
export function line(entry: LogEntry, at: number, extra: Readonly<Record<string, unknown>>): string {
  const { outcome, latencyMs, firstContentMs, failure, source, attempts, tags, requestId } = entry;
  const parts = [
    time(at),
    subject(entry),
    styleText(outcome === 'completed' ? 'green' : outcome === 'aborted' ? 'yellow' : 'red', outcome),
    `${latencyMs} ms${firstContentMs === undefined ? '' : ` (first content ${firstContentMs} ms)`}`,
    failure && outcome !== 'aborted' && outcome !== 'truncated' ? reason(failure) : '',
    tokens(entry),
    source === undefined || source === 'provider' ? '' : `from ${source}`,
    attempts > 1 ? `${attempts} attempts` : '',
    ...Object.entries({ ...tags, ...extra }).map(([name, value]) => `${name}=${shown(value)}`),
    requestId ?? '',
  ];
  return parts
    .filter((part) => part !== '')
    .map((part, index) => (index === 2 ? part : oneLine(part)))
    .join('  ');
}

function subject({ operation, model }: LogEntry): string {
  return oneLine(model === undefined ? operation : `${operation} ${model}`);
}

/** Names and figures only: `429 rate_limited (requests)`. */
function reason({ kind, code, status }: NonNullable<LogEntry['failure']>): string {
  if (kind === 'refused') return code ?? kind;
  return `${status === undefined ? '' : `${status} `}${kind}${code === undefined || code === kind ? '' : ` (${code})`}`;
}

function tokens({ inputTokens, outputTokens, usage }: LogEntry): string {
  if (inputTokens === undefined) return '';
  const about = usage === 'estimated' ? '~' : '';
  return `${about}${inputTokens} → ${about}${outputTokens ?? 0} tokens`;
}

/** The time of day where the process runs. */
function time(at: number): string {
  const date = new Date(at);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

/** Names come from callers and providers; none of them may begin a line, or command a terminal. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

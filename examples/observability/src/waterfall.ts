import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { factsOf, marksOf, textsOf } from './facts.ts';
import { fit } from './fit.ts';

/** What a part of the picture is, for whoever colours it. */
export type Paint = 'guide' | 'bar' | 'failed' | 'mark';

/** Options of {@link waterfall}. */
export interface WaterfallOptions {
  /** Columns of the picture. @default 100 */
  readonly width?: number;
  /** Whether the texts of a call are shown, where they were recorded. @default false */
  readonly content?: boolean;
  /** Colours a part. @default as it is */
  readonly paint?: (part: Paint, text: string) => string;
}

/** A span and how the lines of it begin. */
interface Row {
  readonly span: ReadableSpan;
  /** Before its name. */
  readonly branch: string;
  /** Before what is told of it beneath. */
  readonly trunk: string;
}

/** Where the columns are. */
interface Layout {
  readonly label: number;
  readonly bar: number;
  readonly facts: number;
}

const TIME = 8;
const SPACES = 3;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * Draws the spans of one trace: a line each, children beneath their parent in the order in which they began, with a bar
 * over the time of the whole trace, the duration, and what is worth knowing of it. What happened within a span is a mark
 * beneath its bar.
 */
export function waterfall(spans: readonly ReadableSpan[], options: WaterfallOptions = {}): string[] {
  const { width = 100, content = false, paint = (_part, text) => text } = options;
  const [first] = byStart(spans);
  if (!first) return [];
  const at = (time: HrTime): number => millisecondsBetween(first.startTime, time);
  const total = Math.max(...spans.map((span) => at(span.endTime)));
  const rows = rowsOf(spans);
  const layout = layoutOf(rows, width);

  function line(start: string, drawn: string, time: string, facts: string, part: Paint): string {
    const failed = facts.startsWith('✗');
    const cells = [
      start,
      paint(failed ? 'failed' : part, drawn.padEnd(layout.bar)),
      time.padStart(TIME),
      failed ? paint('failed', fit(facts, layout.facts)) : fit(facts, layout.facts),
    ];
    return cells.join(' ').trimEnd();
  }

  function drawn({ span, branch, trunk }: Row): string[] {
    const started = at(span.startTime);
    const name = fit(span.name, layout.label - branch.length);
    const label = paint('guide', branch) + name.padEnd(layout.label - branch.length);
    const beneath = paint('guide', trunk.padEnd(layout.label));
    const took = at(span.endTime) - started;
    const texts = content ? textsOf(span) : [];
    return [
      line(label, bar(started, took, total, layout.bar), duration(took), factsOf(span), 'bar'),
      ...marksOf(span).map(({ time, afterMs = time ? at(time) - started : 0, text }) => {
        const column = Math.min(layout.bar - 1, Math.floor(share(started + afterMs, total) * layout.bar));
        return line(beneath, `${' '.repeat(column)}▲`, `+${duration(afterMs)}`, text, 'mark');
      }),
      ...texts.map((text) => paint('guide', trunk) + fit(text, width - trunk.length)),
    ];
  }

  return rows.flatMap(drawn);
}

/** Spans as a tree, depth first. A span whose parent is not among them stands at the top. */
function rowsOf(spans: readonly ReadableSpan[]): Row[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const below = (parent: ReadableSpan): ReadableSpan[] =>
    byStart(spans.filter((span) => span.parentSpanContext?.spanId === parent.spanContext().spanId));
  function rows(span: ReadableSpan, branch: string, indent: string): Row[] {
    const children = below(span);
    const trunk = `${indent}${children.length > 0 ? '│' : ' '}  `;
    const nested = children.flatMap((child, index) => {
      const last = index === children.length - 1;
      return rows(child, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`);
    });
    return [{ span, branch, trunk }, ...nested];
  }
  const roots = spans.filter((span) => !ids.has(span.parentSpanContext?.spanId ?? ''));
  return byStart(roots).flatMap((root) => rows(root, '', ''));
}

/** Names and facts get what they need, within limits; the bars the rest, and never less than they need to be read. */
function layoutOf(rows: readonly Row[], width: number): Layout {
  const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));
  const told = rows.flatMap(({ span }) => [factsOf(span), ...marksOf(span).map(({ text }) => text)]);
  const label = Math.min(
    longest(rows.map(({ span, branch }) => branch + span.name)),
    Math.floor(width * 0.38),
  );
  const rest = width - label - TIME - SPACES;
  const bar = Math.max(8, rest - Math.min(longest(told), Math.floor(width * 0.36)));
  return { label, bar, facts: Math.max(0, rest - bar) };
}

/** From where it began to where it ended, to an eighth of a column; what took no time is a thin line. */
function bar(startedMs: number, ms: number, totalMs: number, columns: number): string {
  const from = Math.min(columns - 1, Math.floor(share(startedMs, totalMs) * columns));
  const to = share(startedMs + ms, totalMs) * columns;
  const eighths = ms > 0 ? Math.max(1, Math.round((to - from) * 8)) : 1;
  return ' '.repeat(from) + '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

function share(ms: number, totalMs: number): number {
  return totalMs > 0 ? ms / totalMs : 0;
}

function duration(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms > 0 && ms < 1 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

function byStart(spans: readonly ReadableSpan[]): ReadableSpan[] {
  return spans.toSorted((a, b) => millisecondsBetween(b.startTime, a.startTime));
}

function millisecondsBetween(from: HrTime, to: HrTime): number {
  return (to[0] - from[0]) * 1000 + (to[1] - from[1]) / 1e6;
}

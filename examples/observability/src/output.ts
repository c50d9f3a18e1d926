import { styleText } from 'node:util';
import { startTelemetry, type Telemetry, type TelemetryReport } from '@interpose/telemetry';
import { MetricMemory, TraceMemory } from './memory.ts';
import { metricTable } from './metric-table.ts';
import { waterfall, type Paint } from './waterfall.ts';

/** Telemetry, and where it goes. */
export interface Output {
  readonly telemetry: Telemetry;
  /** Says what there is to say at the end, and shuts it down. */
  end(): Promise<void>;
}

const serviceName = 'interpose-example';
const COLORS = { guide: 'dim', bar: 'cyan', failed: 'red', mark: 'yellow' } as const;

/** Exports to where the environment says. */
export function exportedTelemetry(): Output {
  // What is lost is in the report at the end; while running, nobody needs to be told here.
  const telemetry = startTelemetry({ serviceName, onDrop() {} });
  return {
    telemetry,
    async end() {
      console.log(`\n${inWords(await telemetry.shutdown()).join('\n')}`);
    },
  };
}

function inWords({ spans, metrics, logs, timedOut, error }: TelemetryReport): string[] {
  const lines = [
    `Exported: ${spans.exported} spans, ${metrics.exported} data points of metrics, ${logs.exported} log records.`,
  ];
  const lost = spans.dropped + metrics.dropped + logs.dropped;
  const dropped = `${spans.dropped} spans, ${metrics.dropped} data points, ${logs.dropped} log records`;
  lines.push(lost === 0 ? 'Lost: nothing.' : `Lost: ${dropped}. The reason: ${error ?? 'unknown'}.`);
  if (timedOut) lines.push('The shutdown gave up when its time was over.');
  if (lost === 0) lines.push(`Look for the service ${serviceName}, or for one of the trace ids above.`);
  return lines;
}

/** Draws traces in the terminal as they finish, and tells the metrics at the end. */
export function consoleTelemetry(content: boolean): Output {
  const width = Math.min(process.stdout.columns || 100, 140) - 2;
  // Colours are left out by themselves where stdout is no terminal, or NO_COLOR is set.
  const paint = (part: Paint, text: string): string => styleText(COLORS[part], text);
  const traces = new TraceMemory(({ spans, logs }) => {
    console.log();
    for (const line of waterfall(spans, { width, content, paint })) console.log(`  ${line}`);
    if (logs.length > 0) console.log();
    for (const { severity, message } of logs) console.log(`  log ${severity.padEnd(4)} ${message}`);
  });
  const metrics = new MetricMemory();
  const telemetry = startTelemetry({
    serviceName,
    spanProcessors: [traces.spanProcessor],
    metricReaders: [metrics],
    logRecordProcessors: [traces.logRecordProcessor],
  });
  return {
    telemetry,
    async end() {
      const { resourceMetrics } = await metrics.collect();
      console.log('\n● metrics\n');
      for (const line of metricTable(resourceMetrics, width)) console.log(`  ${line}`);
      await telemetry.shutdown();
    },
  };
}

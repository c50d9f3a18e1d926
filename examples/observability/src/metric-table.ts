import type { Attributes } from '@opentelemetry/api';
import {
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { fit } from './fit.ts';

// What the sums of tokens say as well.
const LEFT_OUT = /\.operation\.(in|out)put_tokens$/;
const HEADER = ['metric', 'model, endpoint, error', 'sum, or count × mean'];

/** Metrics as a table, a line for each series that counted anything: name, attributes, value. */
export function metricTable({ scopeMetrics }: ResourceMetrics, width = 100): string[] {
  const shown = scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .filter(({ descriptor }) => !LEFT_OUT.test(descriptor.name));
  const rows = [HEADER, ...shown.flatMap(rowsOf)];
  const column = (index: number): number => Math.max(0, ...rows.map((row) => row[index]?.length ?? 0));
  const [names, values] = [column(0), column(2)];
  const attributes = Math.max(10, width - names - values - 4);
  let last = '';
  return rows.map(([name = '', labels = '', value = '']) => {
    const again = name === last;
    last = name;
    return `${(again ? '' : name).padEnd(names)}  ${fit(labels, attributes).padEnd(attributes)}  ${value.padStart(values)}`;
  });
}

function rowsOf({ descriptor, dataPointType, dataPoints }: MetricData): string[][] {
  return dataPoints.flatMap(({ attributes, value }) => {
    const told =
      dataPointType === DataPointType.HISTOGRAM
        ? average(value as Histogram, descriptor.unit)
        : value === 0
          ? undefined
          : `${value as number}`;
    return told === undefined ? [] : [[descriptor.name, labelsOf(attributes), told]];
  });
}

function average({ count, sum = 0 }: Histogram, unit: string): string {
  const mean = count === 0 ? 0 : sum / count;
  return `${count} × ${unit === 's' ? `${(mean * 1000).toFixed(0)} ms` : mean.toFixed(0)}`;
}

/** The values alone, without those that are the same for all calls of this example, or said twice. */
function labelsOf(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([name]) => !/^server\.|provider\.name$|response\.model$|operation\.name$|modality$/.test(name))
    .map(([, value]) => String(value))
    .join(', ');
}

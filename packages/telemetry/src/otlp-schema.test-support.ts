import protobuf from 'protobufjs';

// What is read of OTLP 1.x; see https://github.com/open-telemetry/opentelemetry-proto. What is not here is skipped.
const { root } = protobuf.parse(`
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Scope { string name = 1; string version = 2; }
message Resource { repeated KeyValue attributes = 1; }
message spans { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  repeated Event events = 11; Status status = 15; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Status { string message = 2; int32 code = 3; }
message metrics { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message Metric { string name = 1; string description = 2; string unit = 3; oneof data { Points gauge = 5; Points sum = 7;
  Histogram histogram = 9; } }
message Points { repeated Point data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Point { repeated KeyValue attributes = 7; oneof value { double as_double = 4; sfixed64 as_int = 6; } }
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message HistogramPoint { repeated KeyValue attributes = 9; fixed64 count = 4; double sum = 5;
  repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; }
message logs { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
message LogRecord { fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10; string event_name = 12; }
`);

/** One span, metric or log record, with what stands around it. */
export interface Scoped {
  readonly resource: Record<string, unknown>;
  readonly scope: string;
  readonly item: Record<string, unknown>;
}

const LISTS = {
  spans: ['resourceSpans', 'scopeSpans', 'spans'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
} as const;

/** Reads an export, in protobuf or JSON, into plain objects. */
export function decode(signal: keyof typeof LISTS, body: Uint8Array, json: boolean): Scoped[] {
  const type = root.lookupType(signal);
  const sent: unknown = json
    ? JSON.parse(Buffer.from(body).toString())
    : type.toObject(type.decode(body), { longs: Number, bytes: Buffer as never });
  const [resources, scopes, items] = LISTS[signal];
  return listOf(sent, resources).flatMap((outer) =>
    listOf(outer, scopes).flatMap((inner) =>
      listOf(inner, items).map((item) => {
        const { attributes = {} } = plain(outer['resource'] ?? {}) as {
          attributes?: Record<string, unknown>;
        };
        const scope = String((inner['scope'] as { name?: unknown } | undefined)?.name ?? '');
        return { resource: attributes, scope, item: { attributes: {}, ...(plain(item) as object) } };
      }),
    ),
  );
}

function listOf(value: unknown, name: string): Record<string, unknown>[] {
  return ((value as Record<string, unknown>)[name] as Record<string, unknown>[] | undefined) ?? [];
}

/** Key-value lists become objects, values are unwrapped, ids are hex, numbers that JSON writes as strings are numbers. */
function plain(value: unknown, name = ''): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (name === 'attributes') return attributesOf(value as KeyValue[]);
  if (name === 'body') return anyOf(value as AnyValue);
  if (Array.isArray(value)) return value.map((member) => plain(member));
  if (typeof value === 'string' && /Nano$|^(count|asInt)$/.test(name)) return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member, key)]));
}

interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: AnyValue[] };
  readonly kvlistValue?: { readonly values?: KeyValue[] };
  readonly bytesValue?: Uint8Array | string;
}

function attributesOf(list: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, anyOf(value ?? {})]));
}

function anyOf(value: AnyValue): unknown {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(anyOf);
  if (value.kvlistValue) return attributesOf(value.kvlistValue.values ?? []);
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.bytesValue instanceof Uint8Array) return Buffer.from(value.bytesValue).toString('base64');
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

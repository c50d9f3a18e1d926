import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import { NAMES, protocolOf, type OtlpProtocol } from './environment.ts';
import type { OtlpConfig } from './otlp-exporter.ts';
import type { Signal } from './tally.ts';

/** Where to export to; what is not given is the environment's. */
export interface OtlpTarget {
  readonly endpoint?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly protocol?: OtlpProtocol | undefined;
}

/** Works out where and how a signal is exported; the SDK's own function does, so that its variables mean what they mean there. */
export function configOf(
  signal: Signal,
  path: string,
  { endpoint, headers, protocol = protocolOf(signal) }: OtlpTarget,
): { json: boolean; config: OtlpConfig } {
  const json = protocol === 'http/json';
  const config = convertLegacyHttpOptions(
    { ...(endpoint && { url: `${endpoint.replace(/\/+$/, '')}/${path}` }), ...(headers && { headers }) },
    NAMES[signal],
    path,
    { 'Content-Type': json ? 'application/json' : 'application/x-protobuf' },
  );
  return { json, config };
}

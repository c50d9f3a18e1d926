// For users: the plugin.
export { transport } from './transport.ts';
export type { TransportOptions } from './transport.ts';
export type { Tls } from './tls.ts';

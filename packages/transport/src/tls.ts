import { checkOptions, option, type OptionRule } from '@interpose/core';

/** Settings of encrypted connections; see `node:tls`. */
export interface Tls {
  /** Certificates to trust instead of the well-known ones, PEM. */
  readonly ca?: string | Buffer | (string | Buffer)[];
  /** The client's certificate, PEM. */
  readonly cert?: string | Buffer;
  /** The client's private key, PEM. */
  readonly key?: string | Buffer;
  /** Whether a server's certificate has to be valid. @default true */
  readonly rejectUnauthorized?: boolean;
  /** The name to ask for and to check, where it is not the host's. */
  readonly servername?: string;
}

const pem: OptionRule = [
  (v) => typeof v === 'string' || v instanceof Uint8Array || Array.isArray(v),
  'a PEM text',
];

/** @throws {ConfigurationError} naming the setting that is wrong. */
export function checkTls(tls: unknown): void {
  checkOptions('transport: tls', tls, {
    ca: pem,
    cert: pem,
    key: pem,
    rejectUnauthorized: option.boolean,
    servername: option.string,
  });
}

/** A file as the API shows it. */
export interface StoredFile {
  readonly id: string;
  readonly object: 'file';
  readonly bytes: number;
  readonly created_at: number;
  readonly filename: string;
  readonly purpose: string;
  readonly status: 'processed';
}

/** An upload as the API shows it. */
export interface StoredUpload {
  readonly id: string;
  readonly object: 'upload';
  readonly bytes: number;
  readonly created_at: number;
  readonly expires_at: number;
  readonly filename: string;
  readonly purpose: string;
  readonly status: 'pending' | 'completed' | 'cancelled';
  readonly file: StoredFile | null;
}

/** What the provider remembers between requests, until it is reset. */
export interface ProviderStore {
  readonly files: Map<string, { readonly file: StoredFile; readonly content: Uint8Array }>;
  readonly uploads: Map<
    string,
    { readonly upload: StoredUpload; readonly parts: ReadonlyMap<string, Uint8Array> }
  >;
}

/** A piece of a message, in the shape of the conventions. */
export interface Part {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A message, in the shape of the conventions. */
export interface Message {
  readonly role: string;
  readonly parts: readonly Part[];
  /** Of what the model wrote. */
  readonly finish_reason?: string;
  readonly name?: string;
}

/** What a request says. */
export interface InputContent {
  /** Instructions that are given apart from the conversation. */
  readonly instructions?: readonly Part[];
  readonly messages: readonly Message[];
  readonly tools?: readonly unknown[];
}

export type JsonRecord = { readonly [key: string]: unknown };

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The items of a list that are objects; none where it is no list. */
export function records(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** What a piece of the wire is. */
export function kindOf({ type }: JsonRecord): string {
  return typeof type === 'string' ? type : 'message';
}

export function text(content: string): Part {
  return { type: 'text', content };
}

/** Arguments are JSON inside a string; what is none stays as it is. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What is not text, by its kind and its address; never the data itself. */
export function media(modality: string, address: unknown): Part {
  if (typeof address === 'string' && !address.startsWith('data:'))
    return { type: 'uri', modality, uri: address };
  const type = typeof address === 'string' ? /^data:([\w.+-]+\/[\w.+-]+)/.exec(address)?.[1] : undefined;
  return { type: 'blob', modality, ...(type !== undefined && { mime_type: type }) };
}

/** A part that is text, which both wires write alike; undefined for one that is something else. */
export function writtenPart(part: JsonRecord): Part | undefined {
  if (typeof part['text'] === 'string') return text(part['text']);
  return typeof part['refusal'] === 'string' ? { type: 'refusal', content: part['refusal'] } : undefined;
}

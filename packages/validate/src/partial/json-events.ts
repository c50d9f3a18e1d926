/** What a letter begins that is no text, number, object or list. */
export type Literal = true | false | null;

/** Told of JSON as it comes. What returns a boolean says whether to go on. */
export interface JsonEvents {
  /** An object or a list begins. */
  open(object: boolean): boolean;
  /** An item of a list begins. */
  item(): boolean;
  /** There is a comma, so that something more comes. */
  comma(): boolean;
  /** So much of a key has come. */
  keyGrows(key: string): boolean;
  /** A key is whole. */
  key(key: string): boolean;
  /** The object or list ends. */
  close(): boolean;
  textBegins(): boolean;
  /** So much of a text has come. @param length in code points */
  textGrows(text: string, length: number): boolean;
  /** A text is whole. */
  text(text: string, length: number): boolean;
  numberBegins(): boolean;
  numberGrows(text: string): boolean;
  number(text: string): boolean;
  /** Told by its first letter. */
  literal(value: Literal): boolean;
  /** It is no JSON. */
  malformed(): void;
}

import { Encoding } from './encoding.ts';

/** Names of the encodings that models of OpenAI have. */
export type EncodingName = 'o200k_base' | 'cl100k_base';

// Models before gpt-4o, by tiktoken's model.py: gpt-4 and gpt-3.5 (Azure's gpt-35), their fine-tunes, embeddings, davinci-002.
const CL100K = /^(?:ft:)?(?:gpt-4(?![o.\d])|gpt-3\.?5|text-embedding-|davinci-002|babbage-002)/;

/** The encoding of a model. Those that nobody knows are taken for newer ones. */
export function encodingOf(model: string | undefined): EncodingName {
  const name = model?.toLowerCase() ?? '';
  return CL100K.test(name.slice(name.lastIndexOf('/') + 1)) ? 'cl100k_base' : 'o200k_base';
}

// What looks like a special token is text: it comes from a message, and providers take it for that.
const AS_TEXT = { disallowedSpecial: new Set<string>() };

// Each is a file of two megabytes, which is why the one that is not needed is not read.
const load: Readonly<Record<EncodingName, () => Promise<Encoding>>> = {
  async o200k_base() {
    const { default: tokenizer } = await import('gpt-tokenizer/encoding/o200k_base');
    const { default: vocabulary } = await import('gpt-tokenizer/bpeRanks/o200k_base');
    return new Encoding((text) => tokenizer.countTokens(text, AS_TEXT), vocabulary);
  },
  async cl100k_base() {
    const { default: tokenizer } = await import('gpt-tokenizer/encoding/cl100k_base');
    const { default: vocabulary } = await import('gpt-tokenizer/bpeRanks/cl100k_base');
    return new Encoding((text) => tokenizer.countTokens(text, AS_TEXT), vocabulary);
  },
};

/** The encodings of one counter, loaded when they are first needed. */
export class Encodings {
  readonly #loaded = new Map<EncodingName, Encoding | Promise<Encoding>>();

  /** The encoding; a promise until it is loaded. */
  get(name: EncodingName): Encoding | Promise<Encoding> {
    const known = this.#loaded.get(name);
    if (known) return known;
    const loading = load[name]().then((encoding) => {
      this.#loaded.set(name, encoding);
      return encoding;
    });
    // So that it is tried again, should a file not have been there.
    loading.catch(() => this.#loaded.delete(name));
    this.#loaded.set(name, loading);
    return loading;
  }
}

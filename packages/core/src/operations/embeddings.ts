import { draftOf, nothing } from './inspection.ts';
import { all, fields, inputMapper, list, text } from './input-text.ts';
import { isList, isRecord } from './json.ts';
import type { Operation } from './operation.ts';
import { modelOf, posts } from './request.ts';
import { singleBody } from './single-body.ts';

/** The params of `POST /embeddings`, as far as the core reads them. Inputs may also come as token numbers. */
export interface EmbeddingsParams {
  readonly [key: string]: unknown;
  readonly model: string;
  readonly input: string | readonly string[] | readonly number[] | readonly (readonly number[])[];
}

/** Embeddings: `POST /embeddings`. */
export const embeddings: Operation<EmbeddingsParams> = {
  ...singleBody,
  name: 'embeddings',
  matches: (method, path) => posts(method, path, '/embeddings'),
  model: modelOf,
  mapInput: inputMapper(fields({ input: all(text, list(text)), user: text })),
  withOutputLimit: (params) => params,
  inspectBody(data) {
    if (!isRecord(data)) return nothing;
    const draft = draftOf(data, isList(data['data']));
    draft.content = isList(data['data']) && data['data'].length > 0;
    return draft;
  },
};

import { draftOf, nothing } from './inspection.ts';
import { all, fields, inputMapper, list, text } from './input-text.ts';
import { isList, isRecord } from './json.ts';
import type { Operation } from './operation.ts';
import { modelOf, posts } from './request.ts';
import { singleBody } from './single-body.ts';

/** The params of `POST /moderations`, as far as the core reads them. */
export interface ModerationsParams {
  readonly [key: string]: unknown;
  readonly model?: string;
  readonly input:
    | string
    | readonly string[]
    | readonly { readonly [key: string]: unknown; readonly type: string }[];
}

/** Moderations: `POST /moderations`. */
export const moderations: Operation<ModerationsParams> = {
  ...singleBody,
  name: 'moderations',
  matches: (method, path) => posts(method, path, '/moderations'),
  model: modelOf,
  mapInput: inputMapper(fields({ input: all(text, list(all(text, fields({ text })))) })),
  withOutputLimit: (params) => params,
  inspectBody(data) {
    if (!isRecord(data)) return nothing;
    const draft = draftOf(data, isList(data['results']));
    draft.content = isList(data['results']) && data['results'].length > 0;
    return draft;
  },
};

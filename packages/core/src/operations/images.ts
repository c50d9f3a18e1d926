import { draftOf, endedBy, nothing } from './inspection.ts';
import { all, fields, fileName, inputMapper, list, text, type Walk } from './input-text.ts';
import { isList, isRecord, mapItems, withField } from './json.ts';
import type { Operation, Piece } from './operation.ts';
import { modelOf, posts } from './request.ts';
import { singleBody, textless } from './single-body.ts';
import { transformWhole, visitField, type VisitText } from './visit-text.ts';

/** The params of `POST /images/generations`, `/images/edits` and `/images/variations`, as far as the core reads them. */
export interface ImagesParams {
  readonly [key: string]: unknown;
  readonly model?: string | null;
  readonly prompt?: string;
  readonly stream?: boolean | null;
}

/** One file of a form, or several. */
const files: Walk = all(fileName, list(fileName));

function isImage(data: unknown, stage: 'partial_image' | 'completed'): boolean {
  if (!isRecord(data)) return false;
  return data['type'] === `image_generation.${stage}` || data['type'] === `image_edit.${stage}`;
}

/** Maps the prompts that a model revised: the only text in a reply of this operation. */
function mapRevisions(body: unknown, visit: VisitText): unknown {
  if (!isRecord(body) || !isList(body['data'])) return body;
  const images = mapItems(body['data'], (image, index) =>
    isRecord(image) ? visitField(image, 'revised_prompt', `image:${index}:prompt`, 'content', visit) : image,
  );
  return withField(body, 'data', images);
}

/** Images: `POST /images/generations`, `/images/edits` and `/images/variations`. */
export const images: Operation<ImagesParams> = {
  ...singleBody,
  name: 'images',
  matches: (method, path) =>
    posts(method, path, '/images/generations') ||
    posts(method, path, '/images/edits') ||
    posts(method, path, '/images/variations'),
  model: modelOf,
  mapInput: inputMapper(fields({ prompt: text, image: files, 'image[]': files, mask: fileName, user: text })),
  withOutputLimit: (params) => params,
  inspectEvent(data) {
    if (!isRecord(data)) return nothing;
    const last = isImage(data, 'completed');
    const draft = draftOf(data, last);
    draft.content = last || isImage(data, 'partial_image');
    if (isRecord(data['error'])) draft.error = data['error'];
    else if (data['type'] === 'error') draft.error = data;
    return draft;
  },
  inspectBody(data) {
    if (!isRecord(data)) return nothing;
    const draft = draftOf(data, isList(data['data']));
    draft.content = isList(data['data']) && data['data'].length > 0;
    const pieces: Piece[] = [];
    mapRevisions(data, (prompt, id, kind) => {
      if (prompt !== '') pieces.push({ id, kind, text: prompt });
      return prompt;
    });
    if (pieces.length > 0) draft.pieces = pieces;
    return draft;
  },
  completion: endedBy((data) => isImage(data, 'completed')),
  rewriter: (open) => ({ ...textless, body: (data) => mapRevisions(data, transformWhole(open)) }),
  assemble(events) {
    const finals = events.filter((event) => isRecord(event) && isImage(event, 'completed')).filter(isRecord);
    const last = finals.at(-1);
    if (last === undefined) return undefined;
    const { type: _type, b64_json: _image, created_at: created, partial_image_index: _index, ...rest } = last;
    return { created, ...rest, data: finals.map(({ b64_json }) => ({ b64_json })) };
  },
};

import { invalidRequest, notFound } from './api-error.ts';
import { asString } from './json.ts';
import type { OperationCall, Payload } from './payload.ts';
import type { ProviderStore, StoredFile } from './provider-store.ts';
import { CREATED, stableId } from './stable-id.ts';

/** Answers `POST /files`. The same content under the same name is the same file. */
export async function createFile({ form, store, seed }: OperationCall): Promise<Payload> {
  const fields = await form();
  const blob = fields.get('file');
  if (!(blob instanceof Blob)) throw invalidRequest("'file' is a required property", 'file');
  const content = new Uint8Array(await blob.arrayBuffer());
  return json(keepFile(store, seed, blob.name, asString(fields.get('purpose')) ?? 'user_data', content));
}

/** Answers `GET /files`, with `after`, `limit`, `order` and `purpose`. */
export function listFiles({ store, query }: OperationCall): Payload {
  const purpose = query.get('purpose');
  const kept = [...store.files.values()].map(({ file }) => file);
  const all = purpose === null ? kept : kept.filter((file) => file.purpose === purpose);
  if (query.get('order') !== 'asc') all.reverse();
  const start = all.findIndex(({ id }) => id === query.get('after')) + 1;
  const end = start + Number(query.get('limit') ?? 10_000);
  const data = all.slice(start, end);
  return json({
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: end < all.length,
  });
}

/** Answers `GET /files/{id}`. */
export function retrieveFile(call: OperationCall): Payload {
  return json(fileOf(call).file);
}

/** Answers `GET /files/{id}/content`. */
export function fileContent(call: OperationCall): Payload {
  return { whole: fileOf(call).content, contentType: 'application/octet-stream' };
}

/** Answers `DELETE /files/{id}`. */
export function deleteFile(call: OperationCall): Payload {
  const { id } = fileOf(call).file;
  call.store.files.delete(id);
  return json({ id, object: 'file', deleted: true });
}

/** Puts a file into the store and gives what the API shows of it. */
export function keepFile(
  store: ProviderStore,
  seed: string,
  filename: string,
  purpose: string,
  content: Uint8Array,
): StoredFile {
  const id = stableId('file-', seed);
  const shown = {
    id,
    object: 'file',
    bytes: content.length,
    created_at: CREATED,
    filename,
    purpose,
  } as const;
  const file: StoredFile = { ...shown, status: 'processed' };
  store.files.set(id, { file, content });
  return file;
}

function fileOf({ store, ids: [id = ''] }: OperationCall): {
  readonly file: StoredFile;
  readonly content: Uint8Array;
} {
  const kept = store.files.get(id);
  if (!kept) throw notFound(`No such File object: ${id}`, 'id');
  return kept;
}

function json(value: object): Payload {
  return { whole: JSON.stringify(value) };
}

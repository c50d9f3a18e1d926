import { invalidRequest, notFound } from './api-error.ts';
import { keepFile } from './files.ts';
import { asNumber, asString, asStrings } from './json.ts';
import type { OperationCall, Payload } from './payload.ts';
import type { ProviderStore, StoredUpload } from './provider-store.ts';
import { CREATED, digest, stableId } from './stable-id.ts';

type KeptUpload = NonNullable<ReturnType<ProviderStore['uploads']['get']>>;

const ONE_HOUR = 3600;

/** Answers `POST /uploads`. */
export function createUpload({ params, store, seed }: OperationCall): Payload {
  const upload: StoredUpload = {
    id: stableId('upload_', seed),
    object: 'upload',
    bytes: asNumber(params['bytes']) ?? 0,
    created_at: CREATED,
    expires_at: CREATED + ONE_HOUR,
    filename: asString(params['filename']) ?? 'upload',
    purpose: asString(params['purpose']) ?? 'user_data',
    status: 'pending',
    file: null,
  };
  return keep(store, { upload, parts: new Map() });
}

/** Answers `POST /uploads/{id}/parts`. */
export async function addPart(call: OperationCall): Promise<Payload> {
  const { upload } = pending(call);
  const data = (await call.form()).get('data');
  if (!(data instanceof Blob)) throw invalidRequest("'data' is a required property", 'data');
  const bytes = new Uint8Array(await data.arrayBuffer());
  // Read again: another part may have arrived while this one was read.
  const kept = pending(call);
  const id = stableId('part_', upload.id + digest(bytes));
  keep(call.store, { upload, parts: new Map(kept.parts).set(id, bytes) });
  return { whole: JSON.stringify({ id, object: 'upload.part', created_at: CREATED, upload_id: upload.id }) };
}

/**
 * Answers `POST /uploads/{id}/complete`: the parts become a file, in the order in which they are named.
 *
 * @throws ApiError 400 for a part that is unknown, or a size that is not what was announced
 */
export function completeUpload(call: OperationCall): Payload {
  const { upload, parts } = pending(call);
  const wanted = asStrings(call.params['part_ids']).map((id) => {
    const bytes = parts.get(id);
    if (!bytes) throw invalidRequest(`No such part: ${id}`, 'part_ids');
    return bytes;
  });
  const content = Buffer.concat(wanted);
  if (content.length !== upload.bytes) {
    throw invalidRequest(
      `The upload was announced with ${upload.bytes} bytes, but ${content.length} were received.`,
    );
  }
  const file = keepFile(call.store, upload.id, upload.filename, upload.purpose, content);
  return keep(call.store, { upload: { ...upload, status: 'completed', file }, parts });
}

/** Answers `POST /uploads/{id}/cancel`. */
export function cancelUpload(call: OperationCall): Payload {
  const { upload } = pending(call);
  return keep(call.store, { upload: { ...upload, status: 'cancelled' }, parts: new Map() });
}

function pending({ store, ids: [id = ''] }: OperationCall): KeptUpload {
  const kept = store.uploads.get(id);
  if (!kept) throw notFound(`No such Upload object: ${id}`, 'upload_id');
  if (kept.upload.status !== 'pending') throw invalidRequest(`The upload ${id} is ${kept.upload.status}.`);
  return kept;
}

function keep(store: ProviderStore, kept: KeptUpload): Payload {
  store.uploads.set(kept.upload.id, kept);
  return { whole: JSON.stringify(kept.upload) };
}

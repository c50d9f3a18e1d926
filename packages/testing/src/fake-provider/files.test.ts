import { describe, expect, test } from 'vitest';
import { type Front, fronts } from './front.test-support.ts';

describe.each(fronts)('files %s', (_, open) => {
  async function upload({ post }: Front, name: string, content: string) {
    const form = new FormData();
    form.set('purpose', 'user_data');
    form.set('file', new Blob([content]), name);
    return JSON.parse(await (await post('/files', form)).text());
  }
  const read = async (response: Promise<Response>) => JSON.parse(await (await response).text());

  test('a file is kept, shown, read and deleted', async () => {
    const front = await open();
    await using _closing = front.provider;
    const file = await upload(front, 'a.txt', 'äöü\n');
    expect(file).toMatchObject({
      object: 'file',
      bytes: 7,
      filename: 'a.txt',
      purpose: 'user_data',
      status: 'processed',
    });
    expect(await read(front.get(`/files/${file.id}`))).toEqual(file);
    expect(await (await front.get(`/files/${file.id}/content`)).text()).toBe('äöü\n');
    const deleted = await read(
      front.get(`/files/${file.id}`, { method: 'DELETE', headers: { 'api-key': 'k' } }),
    );
    expect(deleted).toEqual({ id: file.id, object: 'file', deleted: true });
    expect((await front.get(`/files/${file.id}`)).status).toBe(404);
  });

  test('a list is read page by page, newest first unless asked otherwise', async () => {
    const front = await open();
    await using _closing = front.provider;
    for (const name of ['a', 'b', 'c']) await upload(front, name, name);
    const names = (page: { data: { filename: string }[] }) => page.data.map((file) => file.filename).join('');
    const first = await read(front.get('/files?limit=2'));
    expect([names(first), first.has_more]).toEqual(['cb', true]);
    const second = await read(front.get(`/files?limit=2&after=${first.last_id}`));
    expect([names(second), second.has_more]).toEqual(['a', false]);
    expect(names(await read(front.get('/files?order=asc')))).toBe('abc');
    expect(names(await read(front.get('/files?purpose=batch')))).toBe('');
  });

  test('an id depends on the content and not on the boundary of the form', async () => {
    const [one, other] = [await open(), await open()];
    await using _closing = one.provider;
    await using _closingToo = other.provider;
    expect((await upload(one, 'a', 'x')).id).toBe((await upload(other, 'a', 'x')).id);
    expect((await upload(one, 'a', 'x')).id).not.toBe((await upload(other, 'a', 'y')).id);
  });

  async function startUpload({ post }: Front, bytes: number) {
    return read(post('/uploads', { filename: 'u', purpose: 'user_data', mime_type: 'text/plain', bytes }));
  }
  async function part({ post }: Front, id: string, content: string) {
    const form = new FormData();
    form.set('data', new Blob([content]));
    return read(post(`/uploads/${id}/parts`, form));
  }

  test('an upload becomes a file of its parts, in the order named', async () => {
    const front = await open();
    await using _closing = front.provider;
    const { id } = await startUpload(front, 4);
    const [b, a] = [await part(front, id, 'cd'), await part(front, id, 'ab')];
    const done = await read(front.post(`/uploads/${id}/complete`, { part_ids: [a.id, b.id] }));
    expect(done).toMatchObject({
      id,
      object: 'upload',
      status: 'completed',
      file: { bytes: 4, filename: 'u' },
    });
    expect(await (await front.get(`/files/${done.file.id}/content`)).text()).toBe('abcd');
  });

  test('an upload is refused when its size is wrong, a part is unknown, or it is over', async () => {
    const front = await open();
    await using _closing = front.provider;
    const { id } = await startUpload(front, 4);
    const { id: a } = await part(front, id, 'ab');
    const complete = async (part_ids: string[]) =>
      (await front.post(`/uploads/${id}/complete`, { part_ids })).status;
    expect([await complete([a]), await complete([a, 'part_x'])]).toEqual([400, 400]);
    expect((await read(front.post(`/uploads/${id}/cancel`, {}))).status).toBe('cancelled');
    expect((await read(front.post(`/uploads/${id}/cancel`, {}))).error.message).toBe(
      `The upload ${id} is cancelled.`,
    );
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of one test's own. */
export function folder(): { readonly file: string; readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'interpose-sqlite-'));
  return {
    path,
    file: join(path, 'layer.db'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

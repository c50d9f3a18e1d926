import type { Place, TextTransform } from '@interpose/core';
import { edited, type Editor } from './edit.ts';
import { JsonEditor } from './json-editor.ts';

/** Edits a text of the wire: as it is, or as the JSON that it is. */
export function transformOf(editor: Editor, format: Place['format']): TextTransform {
  if (format === 'json') return new JsonEditor(editor);
  return { push: (text) => edited(editor.push(text)), end: () => edited(editor.end()) };
}

/** What an editor makes of a whole text. */
export function editWhole(editor: Editor, text: string, format: Place['format']): string {
  const transform = transformOf(editor, format);
  return transform.push(text) + transform.end();
}

/** An editor that changes nothing, and shows each text when it is whole. */
export function listening(listen: (text: string) => void): Editor {
  let text = '';
  return {
    push(more) {
      text += more;
      return [{ text: more }];
    },
    end() {
      if (text !== '') listen(text);
      text = '';
      return [];
    },
  };
}

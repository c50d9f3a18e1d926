import { expect, test } from 'vitest';
import { unreadableIn } from './unreadable.ts';

test.each([
  [{ messages: [{ content: 'a' }, { content: [{ type: 'text', text: 'a' }] }], input: 'a' }, []],
  [
    { messages: [{ content: [{ type: 'image_url' }, { type: 'input_audio' }, { type: 'file' }] }] },
    ['image', 'audio', 'file'],
  ],
  [
    { input: [{ role: 'user', content: [{ type: 'input_image' }, { type: 'input_file' }] }] },
    ['image', 'file'],
  ],
  [{ input: [{ type: 'computer_call_output', output: { type: 'computer_screenshot' } }] }, ['image']],
  [{ input: ['a', 'b'] }, []],
  [{ input: [1, 2] }, ['tokens']],
  [{ prompt: [[1, 2]] }, ['tokens']],
  [{ image: new Blob([]), prompt: 'a' }, ['image']],
  [{ 'image[]': [new Blob([])] }, ['image']],
  [{ file: new Blob([]) }, ['audio']],
])('%j holds %j', (params, kinds) => {
  expect([...unreadableIn(params)]).toEqual(kinds);
});

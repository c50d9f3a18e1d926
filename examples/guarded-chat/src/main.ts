/** A streamed chat, guarded, trimmed, and stopped as soon as there is enough of an answer. */
import { guardedChat } from './guarded-chat.ts';

console.log('A customer asks once more, after a long talk. The answer, as it comes:\n');
const chat = await guardedChat((text) => process.stdout.write(text));
console.log('\n\nwhat the code asked for:');
console.log(`  ${chat.asked}`);
console.log(
  'what left (the conversation trimmed, its beginning summarised by a small model; the rules of the house kept):',
);
for (const request of chat.sent) console.log(`  ${request}`);
console.log(`what was done to the conversation, in tokens:\n  ${chat.trimmed}`);
console.log(
  `how it ended:\n  "${chat.finish}" after ${chat.answer.length} of ${chat.planned} characters; the provider was ${chat.provider}`,
);
console.log('\nand what was not sent at all:');
for (const refusal of chat.refusals) console.log(`  ${refusal}`);

/** A support chat, streamed: what the model is told of the customer are placeholders, and the customer never sees one. */
import { support } from './support.ts';

const { asked, answered, logged, refusal } = await support((text) => process.stdout.write(text));
console.log('\n\nwhat the model was told:');
for (const content of asked) console.log(`  ${content}`);
console.log('\nwhat the customer reads:');
for (const content of answered) console.log(`  ${content}`);
console.log('\nwhat the log has:');
for (const line of logged) console.log(`  ${line}`);
console.log(`\na key that somebody pastes:\n  ${refusal}`);

/** Invoices out of letters: what a model gets nearly right, wrong, and hopelessly wrong, and what the caller has of it. */
import { extract } from './extract.ts';

for (const { letter, happened, got } of await extract()) {
  console.log(`\n${letter}`);
  for (const line of happened) console.log(`  ${line}`);
  console.log(`  → ${got}`);
}

import 'reflect-metadata';
import { once } from 'node:events';
import { openBooks } from './books.ts';
import { TIMES, type ReplayOrder } from './replay.ts';

// Delivers the same settlements as others do, at the same time, and each of them several times.
const { store, settlements } = JSON.parse(process.argv[2] ?? '{}') as ReplayOrder;
// Nobody is left to tell it to go.
process.once('disconnect', () => process.exit());
const ledger = openBooks(store);
await ledger.spend();
process.send?.('ready');
await once(process, 'message');
const deliveries = settlements.flatMap((settlement) => Array.from({ length: TIMES }, () => settlement));
await Promise.all(deliveries.map((settlement) => ledger.settle(settlement)));
await ledger.close?.();
process.disconnect();

import { script, type Script } from './script.ts';

// KEYS[1] is the key of the lease: a string with the holder, which ends when it lapses.

/** `holder, leaseMs` gives `1` where it is the holder's now, and `0` where it is another's. */
export const ACQUIRE: Script = script(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return { 0 } end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { 1 }
`);

/** `holder` gives nothing. */
export const RELEASE: Script = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return {}
`);

import { script, type Script } from './script.ts';

// After this time without a word nobody needs what is known of a target, in milliseconds.
const IDLE_MS = 600_000;
/** The parts that a sample's time is forgotten in. */
const SLICES = 10;

// KEYS[1] is not a key itself, but what all keys begin with, and with them their slot:
//   :circuit:<key>   hash of failures in a row; until and opened, while it is open; s<slice> and f<slice> of a sample
//   :probes:<key>    sorted set of the calls that probe by the moment at which they lose their place
const PRELUDE = `
local base = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local circuit = base .. ':circuit:' .. ARGV[1]
local probes = base .. ':probes:' .. ARGV[1]
local id = ARGV[2]

local function whole(number) return string.format('%.0f', number) end
local untilMs = tonumber(redis.call('HGET', circuit, 'until') or nil)
`;

/** `key, id, maxProbes, probeMs` gives `state, 1 where it may go, when to come again in ms, 1 where it is the first probe`. */
export const ENTER: Script = script(`${PRELUDE}
if not untilMs then return { 'closed', '1', '0', '0' } end
if now < untilMs then return { 'open', '0', whole(untilMs - now), '0' } end
redis.call('ZREMRANGEBYSCORE', probes, '-inf', whole(now))
local places = redis.call('ZCARD', probes)
if places >= tonumber(ARGV[3]) then
  local first = redis.call('ZRANGE', probes, 0, 0, 'WITHSCORES')
  return { 'half-open', '0', whole(tonumber(first[2]) - now), '0' }
end
local lapses = tonumber(ARGV[4])
redis.call('ZADD', probes, whole(now + lapses), id)
redis.call('PEXPIRE', probes, whole(lapses + ${IDLE_MS}))
redis.call('PEXPIRE', circuit, whole(lapses + ${IDLE_MS}))
return { 'half-open', '1', '0', places == 0 and '1' or '0' }
`);

/**
 * `key, id, result, openMs, maxOpenMs, consecutive or 0, share or 0, minCalls, everyMs` gives
 * `state, 1 where that is because of it, when the next probe may go in ms`.
 */
export const REPORT: Script = script(`${PRELUDE}
local result = ARGV[3]

local function open()
  local opened = tonumber(redis.call('HGET', circuit, 'opened') or '0')
  local ms = math.min(tonumber(ARGV[5]), tonumber(ARGV[4]) * 2 ^ opened)
  redis.call('DEL', circuit, probes)
  redis.call('HSET', circuit, 'until', whole(now + ms), 'opened', whole(opened + 1))
  redis.call('PEXPIRE', circuit, whole(ms + ${IDLE_MS}))
  return { 'open', '1', whole(ms) }
end

if untilMs then
  local probe = redis.call('ZREM', probes, id) == 1
  if probe and result == 'failure' then return open() end
  if probe and result == 'success' then
    redis.call('DEL', circuit, probes)
    return { 'closed', '1', '0' }
  end
  if now < untilMs then return { 'open', '0', whole(untilMs - now) } end
  return { 'half-open', '0', '0' }
end

local share = tonumber(ARGV[7])
-- A success without a failure before it is nothing to remember, but for a sample.
if result == 'none' or (result == 'success' and share == 0 and redis.call('EXISTS', circuit) == 0) then
  return { 'closed', '0', '0' }
end

local failures = 0
if result == 'failure' then failures = redis.call('HINCRBY', circuit, 'failures', 1)
else redis.call('HDEL', circuit, 'failures') end

local good, bad = 0, 0
local every = tonumber(ARGV[9])
if share > 0 then
  local current = math.floor(now * ${SLICES} / every)
  redis.call('HINCRBY', circuit, (result == 'failure' and 'f' or 's') .. whole(current), 1)
  local fields = redis.call('HGETALL', circuit)
  for i = 1, #fields, 2 do
    local kind, slice = string.match(fields[i], '^([sf])(%d+)$')
    if slice and tonumber(slice) <= current - ${SLICES} then redis.call('HDEL', circuit, fields[i])
    elseif kind == 's' then good = good + tonumber(fields[i + 1])
    elseif kind == 'f' then bad = bad + tonumber(fields[i + 1]) end
  end
end
redis.call('PEXPIRE', circuit, whole(every + ${IDLE_MS}))

local row = tonumber(ARGV[6])
local total = good + bad
if result == 'failure' and ((row > 0 and failures >= row) or
  (share > 0 and total >= tonumber(ARGV[8]) and bad >= share * total)) then return open() end
return { 'closed', '0', '0' }
`);

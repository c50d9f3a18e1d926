import { script, type Script } from './script.ts';

// Times are whole microseconds, which a number of Lua holds exactly up to the year 2255. They are written by `whole`, for
// tostring would give 1.8e+15.
//
// KEYS[1] is not a key itself, but what all keys begin with, and with them their slot:
//   :rate:<key>    the arrival time, until it is of no use any more
//   :slots:<key>   sorted set of ids by the moment at which they lapse, until the last one has
const PRELUDE = `
local base = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function whole(number) return string.format('%.0f', number) end
local function rate_key(name) return base .. ':rate:' .. name end
local function slots_key(name) return base .. ':slots:' .. name end
local function ms(us) return whole(math.max(1, math.ceil(us / 1000))) end

local function tat_of(name)
  local tat = redis.call('GET', rate_key(name))
  return tat and tonumber(tat)
end

local function save(name, tat, keep)
  redis.call('SET', rate_key(name), whole(tat), 'PX', ms(tat - now + tonumber(keep)))
end

-- The set lives as long as the last of its slots.
local function hold(key, id, lease)
  redis.call('ZADD', key, whole(now + lease), id)
  if redis.call('PTTL', key) < lease / 1000 then redis.call('PEXPIRE', key, ms(lease)) end
end
`;

/**
 * `count, (key, costUs, burstUs, keepUs)..., [slot key, id, limit, leaseUs]` gives
 * `what is short from 1, or 0; how long in us; the time in us; how far each rate is ahead in us...`
 */
export const TAKE: Script = script(`${PRELUDE}
local count = tonumber(ARGV[1])
local slot = 4 * count + 2
local short, wait = 0, 0
local tats = {}
for i = 1, count do
  local at = 4 * i - 2
  local tat = tat_of(ARGV[at])
  tats[i] = tat or now
  -- In this order it is exact: what lies ahead is small, and a burst may be as large as a number gets.
  local needed = tat and tat - now + tonumber(ARGV[at + 1]) - tonumber(ARGV[at + 2]) or 0
  if needed > wait then short, wait = i, needed end
end

if short == 0 and ARGV[slot] then
  local key = slots_key(ARGV[slot])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now))
  local full = redis.call('ZCARD', key) >= tonumber(ARGV[slot + 2])
  if full and not redis.call('ZSCORE', key, ARGV[slot + 1]) then
    short = count + 1
    wait = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]) - now
  end
end

if short == 0 then
  for i = 1, count do
    local at = 4 * i - 2
    tats[i] = math.max(tats[i], now) + tonumber(ARGV[at + 1])
    save(ARGV[at], tats[i], ARGV[at + 3])
  end
  if ARGV[slot] then hold(slots_key(ARGV[slot]), ARGV[slot + 1], tonumber(ARGV[slot + 3])) end
end

local reply = { whole(short), whole(wait), whole(now) }
for i = 1, count do reply[#reply + 1] = whole(math.max(0, tats[i] - now)) end
return reply
`);

/** `count, (key, deltaUs, keepUs)..., (slot key, id)...` gives nothing. */
export const SETTLE: Script = script(`${PRELUDE}
local slots = 3 * tonumber(ARGV[1]) + 2
for i = 2, slots - 1, 3 do
  local tat, delta = tat_of(ARGV[i]), tonumber(ARGV[i + 1])
  if delta > 0 then
    save(ARGV[i], math.max(tat or now, now) + delta, ARGV[i + 2])
  elseif tat then
    save(ARGV[i], math.max(tat + delta, math.min(tat, now)), ARGV[i + 2])
  end
end
for i = slots, #ARGV, 2 do redis.call('ZREM', slots_key(ARGV[i]), ARGV[i + 1]) end
return {}
`);

/** `leaseUs, (slot key, id)...` gives nothing. */
export const RENEW: Script = script(`${PRELUDE}
local lease = tonumber(ARGV[1])
for i = 2, #ARGV, 2 do
  local key = slots_key(ARGV[i])
  local lapses = redis.call('ZSCORE', key, ARGV[i + 1])
  if lapses and tonumber(lapses) > now then hold(key, ARGV[i + 1], lease) end
end
return {}
`);

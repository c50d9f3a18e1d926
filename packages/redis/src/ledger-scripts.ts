import { script, type Script } from './script.ts';

/** How long what lapsed can still be corrected, in milliseconds: longer than any call lives. */
const CORRECTION_MS = 86_400_000;
/** How long an account outlives the lease of what it holds, in milliseconds. */
const GRACE_MS = 60_000;
/** How many days a line of the report is kept. */
const POSTINGS_DAYS = 400;

// Amounts stay text, and are added by HINCRBY in 64 bits: a number of Lua would come out as 1e+15. They are compared
// as numbers, which is exact up to 2^53; what is more is more than any cap.
//
// KEYS[1] is not a key itself, but what all keys begin with, and with them their slot:
//   :account:<name>     hash of spent and held
//   :reservation:<id>   list: 'held' or 'lapsed', then account, amount, account, amount ...
//   :leases             sorted set of ids by the moment at which they lapse
//   :days, :day:<day>   sorted set of the days with postings; hash of '<sum> <line>'
const PRELUDE = `
local base = KEYS[1]
local leases = base .. ':leases'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function whole(number) return string.format('%.0f', number) end
local function account_key(name) return base .. ':account:' .. name end
local function reservation_key(id) return base .. ':reservation:' .. id end

local function add(key, field, amount) redis.call('HINCRBY', key, field, amount) end
local function take(key, field, amount)
  if amount ~= '0' then add(key, field, '-' .. amount) end
end

local function state(name)
  local got = redis.call('HMGET', account_key(name), 'spent', 'held')
  return got[1] or '0', got[2] or '0'
end

-- A key lives this long from now, or longer if it does already.
local function keep(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, whole(ms)) end
end

-- What nobody renewed is taken for spent. Not too many at once, so that no step takes long: until its turn comes, the
-- amount stays held, which counts as much.
local due = redis.call('ZRANGE', leases, '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, 100)
for _, id in ipairs(due) do
  local key = reservation_key(id)
  local held = redis.call('LRANGE', key, 0, -1)
  for i = 2, #held, 2 do
    local account = account_key(held[i])
    -- One that is gone was of a window long past.
    if redis.call('EXISTS', account) == 1 then
      take(account, 'held', held[i + 1])
      add(account, 'spent', held[i + 1])
    end
  end
  if #held > 0 then
    redis.call('LSET', key, 0, 'lapsed')
    redis.call('PEXPIRE', key, ${CORRECTION_MS})
  end
  redis.call('ZREM', leases, id)
end
`;

/** `id, leaseMs, (account, cap, amount, keepMs)...` gives `at, exceeded from 1 or 0, (spent, held)...` */
export const RESERVE: Script = script(`${PRELUDE}
local key = reservation_key(ARGV[1])
local lease = tonumber(ARGV[2])
local exceeded = 0
local fresh = redis.call('EXISTS', key) == 0
for i = 3, #ARGV, 4 do
  local spent, held = state(ARGV[i])
  local asked = tonumber(spent) + tonumber(held) + tonumber(ARGV[i + 2])
  if fresh and exceeded == 0 and asked > tonumber(ARGV[i + 1]) then exceeded = (i + 1) / 4 end
end

if fresh and exceeded == 0 then
  local longest = 0
  redis.call('RPUSH', key, 'held')
  for i = 3, #ARGV, 4 do
    local account, lives = account_key(ARGV[i]), tonumber(ARGV[i + 3])
    longest = math.max(longest, lives)
    redis.call('RPUSH', key, ARGV[i], ARGV[i + 2])
    add(account, 'held', ARGV[i + 2])
    keep(account, math.max(lives, lease + ${GRACE_MS}))
  end
  redis.call('ZADD', leases, whole(now + lease), ARGV[1])
  -- As long as its accounts, so that it lapses however late somebody comes by.
  redis.call('PEXPIRE', key, whole(longest + lease + ${CORRECTION_MS}))
end

local reply = { whole(now), whole(exceeded) }
for i = 3, #ARGV, 4 do
  local spent, held = state(ARGV[i])
  reply[#reply + 1] = spent
  reply[#reply + 1] = held
end
return reply
`);

/** `id, count, (account, amount)..., [day, line, five sums]` gives `(account, spent, held)...` */
export const SETTLE: Script = script(`${PRELUDE}
local key = reservation_key(ARGV[1])
local held = redis.call('LRANGE', key, 0, -1)
if #held == 0 then return {} end
redis.call('DEL', key)
redis.call('ZREM', leases, ARGV[1])

local amounts = {}
local posting = 3 + 2 * tonumber(ARGV[2])
for i = 3, posting - 1, 2 do amounts[ARGV[i]] = ARGV[i + 1] end

local reply = {}
for i = 2, #held, 2 do
  local account = account_key(held[i])
  if redis.call('EXISTS', account) == 1 then
    take(account, held[1] == 'lapsed' and 'spent' or 'held', held[i + 1])
    add(account, 'spent', amounts[held[i]] or '0')
  end
  local spent, holds = state(held[i])
  reply[#reply + 1] = held[i]
  reply[#reply + 1] = spent
  reply[#reply + 1] = holds
end

if ARGV[posting] then
  local day = base .. ':day:' .. ARGV[posting]
  redis.call('ZADD', base .. ':days', 0, ARGV[posting])
  for i, sum in ipairs({ 'calls', 'inputTokens', 'outputTokens', 'cost', 'unpriced' }) do
    add(day, sum .. ' ' .. ARGV[posting + 1], ARGV[posting + 1 + i])
  end
  redis.call('PEXPIRE', day, whole(${POSTINGS_DAYS} * 86400000))
end
return reply
`);

/** `leaseMs, id...` gives nothing. */
export const RENEW: Script = script(`${PRELUDE}
local lease = tonumber(ARGV[1])
for i = 2, #ARGV do
  local deadline = redis.call('ZSCORE', leases, ARGV[i])
  -- One that is due stays due, also where its turn to lapse has not come.
  if deadline and tonumber(deadline) > now then
    local key = reservation_key(ARGV[i])
    redis.call('ZADD', leases, whole(now + lease), ARGV[i])
    keep(key, lease + ${CORRECTION_MS})
    local held = redis.call('LRANGE', key, 0, -1)
    for j = 2, #held, 2 do keep(account_key(held[j]), lease + ${GRACE_MS}) end
  end
end
return {}
`);

/** `first, last` in the terms of ZRANGE BYLEX gives the days that have postings. */
export const DAYS: Script = script(`
return redis.call('ZRANGE', KEYS[1] .. ':days', ARGV[1], ARGV[2], 'BYLEX')
`);

/** `day` gives its hash: `(sum and line, amount)...` */
export const DAY: Script = script(`
return redis.call('HGETALL', KEYS[1] .. ':day:' .. ARGV[1])
`);

-- One user's inbox. Every call is one operation on one user, whose keys share a hash tag and so a cluster slot.
--
-- KEYS  1 meta (hash: epoch, replid, top, tail, unseen, unread, floor, rebuilt, a:LANE = last source applied;
--         owed = offset of the first entry withheld since the last release, released = offset of that one; 0 for none)
--       2 log (list of msgpack {kind, id, before, body}, kind is added, state or released; the last one has offset top)
--       3 items (hash: id -> body: JSON, or encrypted)  4 order (sorted set of their ids, all with score 0: sorted as text)
--       5 states (hash: id -> "seen,read,unread,archived" in milliseconds)
--       6 marks (hash: mark id -> offset, as long as the log has the entry)
--       7.. ids, one hash per day of creation (id -> offset; 0 for an id whose place was in an earlier epoch)
-- ARGV  1 operation, then its arguments
--
-- Answers {'cold', epoch}, or {'ok', epoch, top, tail, unseen, unread, floor, owed, ...}.
-- Everything above the id `floor` that is not deleted is among the items. At or below the id `rebuilt`, what was known
-- was forgotten when the inbox was rebuilt.
-- Texts compared with < are hexadecimal in lower case, their dashes in the same places: every collation agrees on them.

local META, LOG, ITEMS, ORDER, STATES, MARKS, FIRST_DAY = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], 6
local operation = ARGV[1]

-- A promoted replica may have lost writes, and would give an offset twice: each history of a server is an epoch. Some
-- managed services hide the id; the tails of entries then still tell a client that it lost its place.
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or 'hidden'

local meta = redis.call('HMGET', META, 'epoch', 'replid', 'top', 'tail', 'unseen', 'unread', 'floor', 'rebuilt',
  'owed', 'released')
local epoch, top, tail, floor, rebuilt = meta[1], tonumber(meta[3]), meta[4], meta[7], meta[8] or ''
local unseen, unread = tonumber(meta[5]), tonumber(meta[6])
local owed, released = tonumber(meta[9] or '0'), tonumber(meta[10] or '0')
local cold = not epoch or meta[2] ~= replid

local function text(number)
  return string.format('%.0f', number)
end

local function reply()
  return {'ok', epoch, text(top), tail, text(unseen), text(unread), floor, text(owed)}
end

local function unpack_states(packed)
  local seen, read, unread_at, archived = string.match(packed or '0,0,0,0', '(%d+),(%d+),(%d+),(%d+)')
  return {seen = tonumber(seen), read = tonumber(read), unread = tonumber(unread_at), archived = tonumber(archived)}
end

local function count(states, sign)
  if states.archived > 0 then return end
  if states.seen == 0 then unseen = unseen + sign end
  if states.read <= states.unread then unread = unread + sign end
end

local function remove(id)
  count(unpack_states(redis.call('HGET', STATES, id)), -1)
  redis.call('ZREM', ORDER, id)
  redis.call('HDEL', ITEMS, id)
  redis.call('HDEL', STATES, id)
end

local function log(kind, id, body, limit)
  local before = tail
  top, tail = top + 1, id
  if redis.call('RPUSH', LOG, cmsgpack.pack({kind, id, before, body})) > limit then
    local oldest = cmsgpack.unpack(redis.call('LPOP', LOG))
    if oldest[1] == 'state' then redis.call('HDEL', MARKS, oldest[2]) end
  end
  return before
end

-- The entry at an offset, or nothing if the log no longer has it.
local function entry_at(offset)
  local index = offset - 1 - top + redis.call('LLEN', LOG)
  local packed = index >= 0 and redis.call('LINDEX', LOG, index)
  return packed and cmsgpack.unpack(packed)
end

local function save(seconds)
  redis.call('HSET', META, 'epoch', epoch, 'replid', replid, 'top', text(top), 'tail', tail,
    'unseen', text(unseen), 'unread', text(unread), 'floor', floor, 'owed', text(owed), 'released', text(released))
  for number = 1, FIRST_DAY do redis.call('EXPIRE', KEYS[number], seconds) end
end

local run = {}

-- seconds, cutoff, items, log limit, number of days, seconds to keep each day;
-- then lane, source, id, body, number of its day for each. Adds offset or '', before, 1 if known to the reply, for each.
function run.append()
  local seconds, cutoff, limit, log_limit, days = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
  local answers, applied = {}, {}
  local function trim(id)
    remove(id)
    if id > floor then floor = id end
  end
  local function lowest()
    return redis.call('ZRANGE', ORDER, 0, 0)[1]
  end
  local function place(lane, source, id, body, day)
    local last = applied[lane] or redis.call('HGET', META, 'a:' .. lane) or ''
    local redelivered = source <= last
    if not redelivered then applied[lane] = source end
    local known = redis.call('HGET', day, id)
    if known then
      if known == '0' or (id > floor and redis.call('HEXISTS', ITEMS, id) == 0) then
        return '', '', '1' -- placed in an earlier epoch, or deleted
      end
      local entry = entry_at(tonumber(known))
      return known, entry and entry[3] or '', '1'
    end
    if redelivered then return '', '', '1' end
    if id < cutoff or id <= rebuilt then
      if id > floor then floor = id end
      return '', '', '0'
    end
    if id > floor then -- else newer ones fill the inbox: it is told to clients and kept in history, but is no item
      redis.call('HSET', ITEMS, id, body)
      redis.call('ZADD', ORDER, 0, id)
      count(unpack_states(), 1)
    end
    local before = log('added', id, '', log_limit)
    redis.call('HSET', day, id, text(top))
    local offset = text(top)
    while redis.call('ZCARD', ORDER) > limit do trim(lowest()) end
    return offset, before, '0'
  end

  local oldest = lowest()
  while oldest and oldest < cutoff do
    trim(oldest)
    oldest = lowest()
  end
  for at = 7 + days, #ARGV, 5 do
    local offset, before, known =
      place(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], KEYS[FIRST_DAY + tonumber(ARGV[at + 4])])
    answers[#answers + 1], answers[#answers + 2], answers[#answers + 3] = offset, before, known
  end
  for lane, source in pairs(applied) do redis.call('HSET', META, 'a:' .. lane, source) end
  for day = 1, days do redis.call('EXPIRE', KEYS[FIRST_DAY + day], ARGV[6 + day]) end
  save(seconds)
  local result = reply()
  for _, answer in ipairs(answers) do result[#result + 1] = answer end
  return result
end

-- seconds, log limit, mark id, state, milliseconds, JSON of the mark, id to mark up to or '', ids.
-- Adds offset, before and JSON of the entry to the reply.
function run.mark()
  local id, state, at, body, up_to = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7], ARGV[8]
  local earlier = redis.call('HGET', MARKS, id)
  if earlier then
    local entry, result = entry_at(tonumber(earlier)), reply()
    result[9], result[10], result[11] = earlier, entry[3], entry[4]
    return result
  end
  local function apply(item)
    if state == 'deleted' then return remove(item) end
    local states = unpack_states(redis.call('HGET', STATES, item))
    count(states, -1)
    states[state] = math.max(states[state], at)
    if state == 'read' then states.seen = math.max(states.seen, at) end
    count(states, 1)
    redis.call('HSET', STATES, item, table.concat(
      {text(states.seen), text(states.read), text(states.unread), text(states.archived)}, ','))
  end
  if up_to ~= '' then
    for _, item in ipairs(redis.call('ZRANGEBYLEX', ORDER, '-', '[' .. up_to)) do apply(item) end
  else
    for number = 9, #ARGV do
      if redis.call('HEXISTS', ITEMS, ARGV[number]) == 1 then apply(ARGV[number]) end
    end
  end
  local before = log('state', id, body, tonumber(ARGV[3]))
  redis.call('HSET', MARKS, id, text(top))
  save(ARGV[2])
  local result = reply()
  result[9], result[10], result[11] = text(top), before, body
  return result
end

-- Epoch, offset of an entry that quiet hours withheld.
function run.withhold()
  local offset = tonumber(ARGV[3])
  if ARGV[2] == epoch and offset > released and (owed == 0 or offset < owed) then
    owed = offset
    redis.call('HSET', META, 'owed', text(owed))
  end
  return reply()
end

-- Seconds, log limit, time as text, how many ids to name. Adds id, offset, before and JSON of the entry to the reply,
-- or nothing if nothing is owed. Whoever comes second finds that nothing is.
function run.release()
  if owed == 0 then return reply() end
  local length, newest, ids = redis.call('LLEN', LOG), '', {}
  for _, packed in ipairs(redis.call('LRANGE', LOG, math.max(0, owed - 1 - top + length), -1)) do
    local entry = cmsgpack.unpack(packed)
    if entry[1] == 'added' then
      ids[#ids + 1] = '"' .. entry[2] .. '"'
      if entry[2] > newest then newest = entry[2] end
    end
  end
  local what = #ids > tonumber(ARGV[5]) and '"up_to":"' .. newest .. '"'
    or '"notifications":[' .. table.concat(ids, ',') .. ']'
  local id = 'released-' .. epoch .. '-' .. text(owed)
  local body = '{"state":"released","at":"' .. ARGV[4] .. '",' .. what .. '}'
  local before = log('released', id, body, tonumber(ARGV[3]))
  owed, released = 0, top
  save(ARGV[2])
  local result = reply()
  result[9], result[10], result[11], result[12] = id, text(top), before, body
  return result
end

function run.top()
  return reply()
end

-- Offset to read after, limit. Adds {offset, msgpack, body, states} for each entry to the reply.
function run.entries()
  local result = reply()
  local length = redis.call('LLEN', LOG)
  local first = math.max(tonumber(ARGV[2]), top - length) + 1 -- an offset
  local index = first - 1 - top + length
  for number, packed in ipairs(redis.call('LRANGE', LOG, index, index + tonumber(ARGV[3]) - 1)) do
    local entry = cmsgpack.unpack(packed)
    local body = entry[1] ~= 'added' and '' or redis.call('HGET', ITEMS, entry[2])
    if not body then break end
    result[#result + 1] = {text(first + number - 1), packed, body, redis.call('HGET', STATES, entry[2]) or ''}
  end
  return result
end

-- Id to read below or '', limit. Adds {id, body, states} for each item to the reply, newest first.
function run.page()
  local result = reply()
  local below = ARGV[2] == '' and '+' or '(' .. ARGV[2]
  for _, id in ipairs(redis.call('ZREVRANGEBYLEX', ORDER, below, '-', 'LIMIT', 0, ARGV[3])) do
    result[#result + 1] = {id, redis.call('HGET', ITEMS, id), redis.call('HGET', STATES, id) or ''}
  end
  return result
end

-- Id. Adds {body, states} to the reply if it is among the items.
function run.get()
  local result = reply()
  local body = redis.call('HGET', ITEMS, ARGV[2])
  if body then result[9] = {body, redis.call('HGET', STATES, ARGV[2]) or ''} end
  return result
end

-- The epoch that was found cold, new epoch, seconds, floor, number of days, seconds to keep each day;
-- then id, body or '' for one that is no item, states, number of its day for each.
function run.rebuild()
  -- Whoever comes second, or has read history before a later epoch began, changes nothing.
  if not cold or (epoch or '') ~= ARGV[2] then return {'cold', epoch or ''} end
  redis.call('UNLINK', unpack(KEYS))
  epoch, floor, top, tail, unseen, unread, owed, released = ARGV[3], ARGV[5], 0, '', 0, 0, 0, 0
  redis.call('HSET', META, 'rebuilt', floor)
  local days = tonumber(ARGV[6])
  for at = 7 + days, #ARGV, 4 do
    local id, body, states, day = ARGV[at], ARGV[at + 1], ARGV[at + 2], KEYS[FIRST_DAY + tonumber(ARGV[at + 3])]
    redis.call('HSET', day, id, '0')
    if body ~= '' then
      redis.call('HSET', ITEMS, id, body)
      redis.call('ZADD', ORDER, 0, id)
      redis.call('HSET', STATES, id, states)
      count(unpack_states(states), 1)
    end
  end
  for day = 1, days do redis.call('EXPIRE', KEYS[FIRST_DAY + day], ARGV[6 + day]) end
  save(ARGV[4])
  return reply()
end

if cold and operation ~= 'rebuild' then return {'cold', epoch or ''} end
return run[operation]()

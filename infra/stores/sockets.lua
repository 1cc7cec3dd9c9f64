-- A user's open sockets: KEYS 1 a hash, connection id -> "since until", in milliseconds of this server's clock.
-- ARGV  1 operation  2 milliseconds for which one is held  3 the time now, or 0 for this server's own, then
--   enter  4 connection id  5 limit: answers {since, the ids of the oldest over the limit, which are forgotten ...}
--   keep   4.. pairs of a connection id and its since
--   leave  4 connection id

local operation, held, now = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if operation == 'leave' then
  return redis.call('HDEL', KEYS[1], ARGV[4])
end
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function put(id, since)
  redis.call('HSET', KEYS[1], id, string.format('%.0f %.0f', since, now + held))
end

local answer = {}
if operation == 'keep' then
  for number = 4, #ARGV, 2 do
    put(ARGV[number], tonumber(ARGV[number + 1]))
  end
else
  local mine, limit, others = ARGV[4], tonumber(ARGV[5]), {}
  local found = redis.call('HGETALL', KEYS[1])
  for number = 1, #found, 2 do
    local id = found[number]
    local since, till = string.match(found[number + 1], '(%d+) (%d+)')
    if tonumber(till) <= now then
      redis.call('HDEL', KEYS[1], id)
    elseif id ~= mine then
      table.insert(others, {id, tonumber(since)})
    end
  end
  table.sort(others, function(a, b)
    if a[2] == b[2] then
      return a[1] < b[1]
    end
    return a[2] < b[2]
  end)
  put(mine, now)
  answer = {string.format('%.0f', now)}
  for number = 1, #others + 1 - limit do
    redis.call('HDEL', KEYS[1], others[number][1])
    table.insert(answer, others[number][1])
  end
end
redis.call('PEXPIRE', KEYS[1], held)
return answer

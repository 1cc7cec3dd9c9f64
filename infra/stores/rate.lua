-- Counts one against a key: KEYS 1 the time in milliseconds until which what was taken is ahead of the rate.
-- ARGV  1 milliseconds of the rate's window  2 milliseconds between two  3 the time now, or 0 for this server's own
--       4 by how many milliseconds a sum may be off
--
-- Answers {1 if it passed, else 0; for how many milliseconds what was taken is ahead, as text}.

local window, each, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
end
local ahead = math.max(0, (tonumber(redis.call('GET', KEYS[1])) or 0) - now)
local after = ahead + each
if after > window + tonumber(ARGV[4]) then
  return {0, string.format('%.3f', ahead)}
end
redis.call('SET', KEYS[1], string.format('%.3f', now + after), 'PX', math.ceil(after) + 1)
return {1, string.format('%.3f', after)}

-- Tells what is due, and lets the sessions of processes go that nobody has heard of for too long.
--
-- ARGV[2]: '1' where silence proves anything: the stream was read to its end all the while.
-- Returns how many people it changed, and 1 where it may be called again at once.
local MOST_PROCESSES, MOST_PEOPLE = 4, 1000

local function cleanup_stale_connections()
  local ended_ms = NOW_MS - GIVEN.lease_ms
  local stale = call('ZRANGE', PROCESSES, '-inf', ended_ms, 'BYSCORE', 'LIMIT', 0, MOST_PROCESSES)
  for _, process in ipairs(stale) do
    local ended_at = call('HGET', PROCESS .. process, 'ended')
    local heard_ms = tonumber(ended_at or call('ZSCORE', PROCESSES, process))
    local sessions = call('HGETALL', SESSIONS .. process)
    for index = 1, #sessions, 2 do
      local _, _, user = read_session(sessions[index + 1])
      set_user_offline(user, sessions[index], heard_ms)
      touched[user] = NOW_MS  -- the grace begins now; they were seen when it was heard of last
    end
    call('DEL', PROCESS .. process, SESSIONS .. process, CLOSED .. process)
    call('ZREM', PROCESSES, process)
  end
  return #stale == MOST_PROCESSES
end

local more = false
if ARGV[2] == '1' then more = cleanup_stale_connections() end
local due = call('ZRANGE', DUE, '-inf', NOW_MS, 'BYSCORE', 'LIMIT', 0, MOST_PEOPLE)
for _, user in ipairs(due) do
  local aim = aggregate(user)
  if aim == status_told(user) then
    call('ZREM', DUE, user)
  else
    broadcast_status_change(user, aim)
    call('ZADD', UNWRITTEN, NOW_MS, user)
  end
end
return {finish(), (more or #due == MOST_PEOPLE) and 1 or 0}

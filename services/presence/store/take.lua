-- Takes in what chat processes tell. In any order, twice, or not at all: each of a process's news
-- has a number, what is numbered lower than what is known changes nothing, and a list supersedes
-- everything up to its own number.
--
-- ARGV[2]: what is told, as JSON: [kind, process, at_ms, ...]. Returns how many people it changed.
local function heard(process, at_ms)
  if call('HGET', PROCESS .. process, 'ended') then return end
  call('ZADD', PROCESSES, 'GT', at_ms, process)
end

local function listed(process)
  return tonumber(call('HGET', PROCESS .. process, 'listed') or -1)
end

local function close(process, session, user, at_ms)
  call('HDEL', SESSIONS .. process, session)
  set_user_offline(user, session, at_ms)
end

local function note(process, at_ms, news)
  local session, user, step, n = news[1], news[2], news[4], news[5]
  if call('HEXISTS', CLOSED .. process, session) == 1 then return end
  local known = call('HGET', SESSIONS .. process, session)
  local known_n, known_state = read_session(known or '')
  local state = step == 'away' and 'away' or 'active'
  if step == 'closed' then
    call('HSET', CLOSED .. process, session, n)
    call('PEXPIRE', CLOSED .. process, GIVEN.tombstone_ms)
    if known then close(process, session, user, at_ms) end
  elseif not known or known_n < n then
    call('HSET', SESSIONS .. process, session, n .. ' ' .. state .. ' ' .. user)
    if known_state ~= state then set_user_online(user, session, process, state, at_ms) end
  end
end

local function replace(process, at_ms, n, sessions)
  if n <= listed(process) then return end
  local present = {}
  for _, news in ipairs(sessions) do
    present[news[1]] = true
    note(process, at_ms, {news[1], news[2], news[3], news[4], n})
  end
  local known = call('HGETALL', SESSIONS .. process)
  for index = 1, #known, 2 do
    local its_n, _, user = read_session(known[index + 1])
    if not present[known[index]] and its_n <= n then close(process, known[index], user, at_ms) end
  end
  call('HSET', PROCESS .. process, 'listed', n)
  local closed = call('HGETALL', CLOSED .. process)
  for index = 1, #closed, 2 do
    if tonumber(closed[index + 1]) <= n then call('HDEL', CLOSED .. process, closed[index]) end
  end
end

for _, told_by in ipairs(cjson.decode(ARGV[2])) do
  local kind, process, at_ms = told_by[1], told_by[2], told_by[3]
  heard(process, at_ms)
  if kind == 'news' then
    local floor = listed(process)
    for _, news in ipairs(told_by[4]) do
      if news[5] > floor then note(process, at_ms, news) end
    end
  elseif kind == 'list' then
    replace(process, at_ms, told_by[4], told_by[5])
  elseif kind == 'ended' then
    call('HSET', PROCESS .. process, 'ended', at_ms)
    -- Its lease ends sooner; long enough for its clients to come back elsewhere.
    call('ZADD', PROCESSES, at_ms + GIVEN.handover_ms - GIVEN.lease_ms, process)
  end
end
return finish()

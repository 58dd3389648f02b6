-- What the scripts of presence share: sessions, what they come to for a person, and telling it.
--
-- KEYS: the seven below. ARGV[1]: numbers, as JSON; ``now_ms`` only where a test plays the clock.
-- The keys of single people and processes are made here; all lie in the slot of the others.
local PROCESSES, DUE, ONLINE, AWAY, UNWRITTEN, SINCE, EVENTS = unpack(KEYS)
local GIVEN = cjson.decode(ARGV[1])
local PROCESS, SESSIONS = 'presence.process:{0}:', 'presence.sessions:{0}:'
local CLOSED, CONNECTIONS = 'presence.closed:{0}:', 'presence.connections:{0}:'
local USER = 'presence.user:{0}:'
local HEIGHT = {offline = 0, away = 1, online = 2}
local PEOPLE_PER_EVENT = 1000

local call = redis.call
local clock = call('TIME')
local NOW_MS = GIVEN.now_ms or (clock[1] * 1000 + math.floor(clock[2] / 1000))
call('SET', SINCE, NOW_MS, 'NX')

local touched, told = {}, {}

local function status_told(user)
  if call('SISMEMBER', ONLINE, user) == 1 then return 'online' end
  if call('SISMEMBER', AWAY, user) == 1 then return 'away' end
  return 'offline'
end

-- What a person's sessions come to.
local function aggregate(user)
  local status = 'offline'
  for _, state in ipairs(call('HVALS', CONNECTIONS .. user)) do
    if string.find(state, '^active ') then return 'online' end
    status = 'away'
  end
  return status
end

local function raise(user, field, at_ms)
  local before = tonumber(call('HGET', USER .. user, field) or 0)
  if at_ms > before then call('HSET', USER .. user, field, at_ms) end
end

local function last_seen_ms(user)
  return tonumber(call('HGET', USER .. user, 'seen') or nil)
end

local function broadcast_status_change(user, status)
  call('SREM', ONLINE, user)
  call('SREM', AWAY, user)
  if status == 'online' then call('SADD', ONLINE, user) end
  if status == 'away' then call('SADD', AWAY, user) end
  call('ZREM', DUE, user)
  table.insert(told, {user, status, status == 'offline' and last_seen_ms(user) or cjson.null})
end

-- Upwards at once, downwards after the grace. What is old news, because the stream is behind, is
-- told when all of it has been read.
local function judge(user, at_ms)
  local before = call('HGET', USER .. user, 'aim')
  local aim, known = aggregate(user), status_told(user)
  call('HSET', USER .. user, 'aim', aim)
  call('ZADD', UNWRITTEN, NOW_MS, user)
  if aim == known then
    call('ZREM', DUE, user)
  elseif HEIGHT[aim] < HEIGHT[known] then
    local is_new = aim ~= before or not call('ZSCORE', DUE, user)
    if is_new then call('ZADD', DUE, at_ms + GIVEN.grace_ms, user) end
  elseif NOW_MS - at_ms < GIVEN.fresh_ms then
    broadcast_status_change(user, aim)
  else
    call('ZADD', DUE, NOW_MS, user)
  end
end

local function was_active(user, session)
  local state = call('HGET', CONNECTIONS .. user, session)
  return state and string.find(state, '^active ')
end

local function set_user_online(user, session, process, state, at_ms)
  local acted = state == 'active' or was_active(user, session)
  call('PERSIST', USER .. user)
  call('HSET', CONNECTIONS .. user, session, state .. ' ' .. process)
  raise(user, 'seen', at_ms)
  if acted then raise(user, 'active', at_ms) end
  touched[user] = math.max(at_ms, touched[user] or 0)
end

local function set_user_offline(user, session, at_ms)
  local acted = was_active(user, session)
  if call('HDEL', CONNECTIONS .. user, session) == 0 then return end
  if acted then raise(user, 'active', at_ms) end
  raise(user, 'seen', at_ms)
  if call('EXISTS', CONNECTIONS .. user) == 0 then call('PEXPIRE', USER .. user, GIVEN.keep_ms) end
  touched[user] = math.max(at_ms, touched[user] or 0)
end

local function read_session(text)
  local n, state, user = string.match(text, '^(%d+) (%a+) (.+)$')
  return tonumber(n), state, user
end

-- To be called last: what the sessions that were touched come to, and news of all that is told.
local function finish()
  for user, at_ms in pairs(touched) do judge(user, at_ms) end
  for first = 1, #told, PEOPLE_PER_EVENT do
    local people = {unpack(told, first, math.min(first + PEOPLE_PER_EVENT - 1, #told))}
    local event = cjson.encode({{type = 'presence.changed', people = people}})
    call('XADD', EVENTS, 'MAXLEN', '~', GIVEN.max_len, '*', 'e', event, 'traceparent', GIVEN.traceparent)
  end
  return #told
end

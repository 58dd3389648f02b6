-- Tells how people are who were asked for; in the same order on the stream as what changes.
--
-- ARGV[2]: people, as JSON: [user, last_seen_ms or null, whether they were online], by UserStatus; the
-- last is null where that did not answer: of who is not in these data nothing is said then.
-- ARGV[3]: '1' to have it told on the stream. Nothing is said of who is not in these data while they
-- are too young to say that they are not there. Returns what it says of the others, as JSON.
local age_ms = NOW_MS - tonumber(call('GET', SINCE))
for _, asked in ipairs(cjson.decode(ARGV[2])) do
  local user, written_ms, was_online = asked[1], asked[2], asked[3]
  local status, aim = status_told(user), aggregate(user)
  local seen_ms = last_seen_ms(user)
  local proves_ms = was_online and GIVEN.lease_ms + GIVEN.grace_ms or GIVEN.young_ms
  local proves = was_online ~= cjson.null and age_ms >= proves_ms
  if status ~= 'offline' then
    table.insert(told, {user, status, cjson.null})
  elseif aim == 'offline' and (seen_ms or proves) then
    if written_ms == cjson.null then written_ms = nil end
    local last_ms = math.max(seen_ms or 0, written_ms or 0)
    table.insert(told, {user, 'offline', last_ms > 0 and last_ms or cjson.null})
  end
end
local said = cjson.encode(told)
if ARGV[3] ~= '1' then told = {} end
finish()
return said

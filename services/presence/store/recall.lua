-- Takes people for online whom UserStatus shows so and these data do not know: they are told to be
-- offline when the grace has passed, unless they come. To be called once the data are old enough.
--
-- ARGV[2]: people, as JSON: [user, when they were written to be there last (ms)]. They were believed to
-- be there until these data began.
local began_ms = tonumber(call('GET', SINCE))
for _, person in ipairs(cjson.decode(ARGV[2])) do
  local user, seen_ms = person[1], person[2]
  if status_told(user) == 'offline' and aggregate(user) == 'offline' then
    call('SADD', ONLINE, user)
    raise(user, 'seen', math.max(seen_ms, began_ms))
    call('PEXPIRE', USER .. user, GIVEN.keep_ms)
    touched[user] = NOW_MS
  end
end
return finish()

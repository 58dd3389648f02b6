-- Two thousand people; twenty thousand rooms of three, with two messages each, and the hall, which
-- has a thousand members and half of all messages. Everybody has a picture.

insert into chat_user (id, username, display_name, password, is_active, is_staff, is_superuser)
select pg_temp.person(n), 'person' || n, 'Person ' || n, '!', true, false, false
  from generate_series(1, 2000) n;

insert into avatar (user_id, version, content, changed_at)
select id, '0123456789abcdef', 'RIFF', now() from chat_user;

update chat_user set avatar_version = '0123456789abcdef';

insert into room (id, kind, name, open_history, version, last_seq, last_at, changed_at)
select pg_temp.room(n), 'group', 'Room ' || n, false, 1, case n when 1 then 50000 else 2 end,
       now() - n * interval '1 s', now() - n * interval '1 s'
  from generate_series(1, 20000) n;

insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)
select pg_temp.room(1), pg_temp.person(n), 'member', 0, 0, 0 from generate_series(1, 1000) n
 union all
select pg_temp.room(n), pg_temp.person(1 + (n + place * place * 531) % 2000), 'member', 0, 0, 0
  from generate_series(2, 20000) n, generate_series(1, 3) place;

insert into room_marks (room_id, version, shown_version) select id, 1, 1 from room;

insert into message (room_id, seq, sender_id, client_id, content, created_at)
select room.id, seq, pg_temp.person(1 + seq % 1000), gen_random_uuid(), 'message ' || seq,
       room.last_at - (room.last_seq - seq) * interval '1 s'
  from room, generate_series(1, room.last_seq) seq where room.name like 'Room %';

insert into outbox (event, subjects, first_seqs, last_seqs, created_at)
select 'message.created', array[pg_temp.room(1 + n)], array[1], array[2], now() - interval '1 h'
  from generate_series(1, 5000) n;

-- Twenty thousand rooms of three, and the hall with its thousand members. Those received its
-- messages in forty steps, over some days, and read no further than the hundredth all the while.

insert into room (id, version, head, judged_head, is_due)
select pg_temp.room(n), 1, case n when 1 then 50000 else 2 end,
       case when n = 1 then 50000 when n % 400 = 0 then 0 else 2 end, n <> 1 and n % 400 = 0
  from generate_series(1, 20000) n;

insert into watermark
    (room_id, user_id, present, joined_seq, delivered_seq, read_seq, shown_read_seq)
select pg_temp.room(1), pg_temp.person(n), true, 0, 40100, 100, 100
  from generate_series(1, 1000) n
 union all
select pg_temp.room(n), pg_temp.person(1 + (n + place * place * 531) % 2000), true, 0, 1, 1, 1
  from generate_series(2, 20000) n, generate_series(1, 3) place;

insert into advance (room_id, user_id, delivered_from, delivered_seq, read_from, read_seq,
                     shown_from, shown_read_seq, claimed_at, logged_at)
select pg_temp.room(1), pg_temp.person(n),
       case step when 1 then 0 else 100 + (step - 1) * 1000 end, 100 + step * 1000,
       case step when 1 then 0 else 100 end, 100, case step when 1 then 0 else 100 end, 100,
       now(), now() - (41 - step) * interval '2 h'
  from generate_series(1, 1000) n, generate_series(1, 40) step
 union all
select room_id, user_id, 0, 1, 0, 1, 0, 1, now(), now() - random() * interval '3 days'
  from watermark where room_id <> pg_temp.room(1);

insert into own_seq (room_id, user_id, seq, is_private)
select pg_temp.room(1), pg_temp.person(n), 40000 + seq, false
  from generate_series(1, 1000) n, generate_series(1, 20) seq;

insert into laggard (room_id, user_id, told_seq, moved)
select room_id, user_id, 1, row_number() over () % 400 = 0
  from watermark where room_id <> pg_temp.room(1) order by room_id, user_id limit 20000;

insert into outbox (event, rooms, users, created_at)
select 'watermarks.advanced', array[room_id], array[user_id], now() - interval '1 h'
  from watermark where room_id <> pg_temp.room(1) order by room_id, user_id limit 5000;

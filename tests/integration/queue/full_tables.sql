-- A hundred thousand rows: thirty thousand ranges that wait, a thousand of them in the hall, twenty
-- thousand that have expired, forty thousand messages that were just sent, and ten thousand that
-- wait to be sent, some of them with a time.

insert into room (id, version, is_direct, head)
select pg_temp.room(n), 1, false, case n when 1 then 50000 else 2 end
  from generate_series(1, 20000) n;

insert into member (room_id, user_id)
select pg_temp.room(1), pg_temp.person(n) from generate_series(1, 1000) n
 union all
select pg_temp.room(n), pg_temp.person(1 + (n + place * place * 531) % 2000)
  from generate_series(2, 20000) n, generate_series(1, 3) place;

insert into queued_message
    (queue_type, room_id, recipient_id, from_seq, to_seq, created_at, is_processed, finished_at, ending)
select 'incoming', room_id, user_id, case when waits then 1 else 2 end, 2,
       now() - random() * interval '3 days', not waits,
       case when not waits then now() - random() * interval '1 day' end,
       case when waits then '' else 'expired' end
  from (select *, row_number() over (order by room_id, user_id) <= 30000 as waits from member
         order by room_id, user_id limit 50000) known;

insert into queued_message (queue_type, room_id, sender_id, client_id, content, created_at,
                            is_processed, finished_at, ending)
select 'outgoing', pg_temp.room(1 + n % 20000), pg_temp.person(1 + n % 2000), gen_random_uuid(),
       'sent', now() - interval '10 min', true, now() - interval '5 min', 'sent'
  from generate_series(1, 40000) n;

insert into queued_message (queue_type, room_id, sender_id, client_id, content, created_at,
                            next_retry_at)
select 'outgoing', pg_temp.room(1 + n % 20000), pg_temp.person(1 + n % 2000), gen_random_uuid(),
       'waits', now() - interval '10 min',
       case when n <= 500 then now() + (n - 200) * interval '1 s' end
  from generate_series(1, 10000) n;

insert into chat_process (name, heard_at) values ('chat/1', now());

insert into chat_session (id, user_id, process, n, offers, offer_at)
select gen_random_uuid(), pg_temp.person(1 + n % 2000), 'chat/1', n, 1,
       case when n <= 300 then now() - interval '1 s' end
  from generate_series(1, 10000) n;

insert into head_mark (room_id, at, head)
select id, date_trunc('hour', now()) - hour * interval '1 h', 1 from room, generate_series(1, 3) hour;

-- A browser of every second person, each of which was told of what waits for its person: of three
-- hundred of these rooms there is more.
insert into push_subscription (user_id, sid, endpoint, host, p256dh, auth, refreshed_at)
select pg_temp.person(n), gen_random_uuid(), 'https://push.example/' || n, 'push.example', 'p', 'a', now()
  from generate_series(1, 2000, 2) n;

insert into web_push (subscription_id, room_id, pushed_seq, pushed_at, due_at)
select push_subscription.id, room_id, 0, now() - interval '1 min',
       case when row_number() over (order by room_id) <= 300 then now() - interval '1 s' end
  from push_subscription join queued_message on recipient_id = user_id and not is_processed;

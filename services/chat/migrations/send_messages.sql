-- The writer's one call: lock the rooms, judge each message, count, insert, announce; one
-- transaction in one round trip. Called in autocommit, so its answer comes after COMMIT.
--
-- Each statement sees what was committed before it began. That is why the rooms are locked first,
-- and duplicates and members are read in a statement of their own afterwards: whoever held the
-- lock before us has been seen.
create or replace function send_messages(
    p_rooms     uuid[],    -- distinct and ascending: the order of locking, the same for everybody
    p_wait      boolean,   -- wait for rooms that are locked (lock_timeout), or leave them out
    p_room      int[],     -- per message: the index of its room in p_rooms, from 1
    p_sender    uuid[],
    p_client_id uuid[],    -- (room, sender, client_id) is distinct within a call
    p_content   text[],
    p_reply_to  bigint[],
    p_published bigint[],  -- outbox rows whose news is out: they go
    out bases      bigint[],      -- per room: last_seq before this call; null if left out
    out versions   bigint[],      -- per room: version of its members
    out written_at timestamptz[], -- per room: created_at of what is written now
    out outbox_id  bigint,        -- the row that announces it; null if nothing was written
    out not_new    int[],         -- the other messages: their ordinals, from 1, ascending
    out verdicts   int[],         -- why: 1 duplicate, 2 other content under the same client_id,
                                  -- 3 no member, 4 room left out, 5 reply to a seq that is not there
    out seqs       bigint[],      -- of duplicates
    out created_at timestamptz[]  -- of duplicates
) language plpgsql as $function$
#variable_conflict use_column
declare
    v_place int[];   -- per message: 1, 2, 3 … among the new ones of its room; null if not new
begin
    -- Whoever holds such a row is publishing it, and deletes it: nobody shall wait for that here.
    if cardinality(p_published) > 0 then
        delete from outbox where id in
               (select id from outbox where id = any (p_published) for update skip locked);
    end if;

    -- "No key": a foreign key that only points to the room does not lock it for us. What is locked
    -- is put beside what was asked for by grouping, because the only join that this connection
    -- makes would go through all rooms for each.
    if p_wait then
        select array_agg(g.last_seq order by g.id), array_agg(g.version order by g.id),
               array_agg(greatest(date_trunc('milliseconds', clock_timestamp()), g.last_at)
                         order by g.id)
          into bases, versions, written_at
          from (select u.id, max(u.last_seq) as last_seq, max(u.version) as version,
                       max(u.last_at) as last_at
                  from (select t.id, null::bigint as last_seq, null::bigint as version,
                               null::timestamptz as last_at
                          from unnest(p_rooms) t (id)
                         union all
                        select r.id, r.last_seq, r.version, r.last_at
                          from (select id, last_seq, version, last_at from room
                                 where id = any (p_rooms) order by id
                                   for no key update) r) u
                 group by u.id) g;
    else
        select array_agg(g.last_seq order by g.id), array_agg(g.version order by g.id),
               array_agg(greatest(date_trunc('milliseconds', clock_timestamp()), g.last_at)
                         order by g.id)
          into bases, versions, written_at
          from (select u.id, max(u.last_seq) as last_seq, max(u.version) as version,
                       max(u.last_at) as last_at
                  from (select t.id, null::bigint as last_seq, null::bigint as version,
                               null::timestamptz as last_at
                          from unnest(p_rooms) t (id)
                         union all
                        select r.id, r.last_seq, r.version, r.last_at
                          from (select id, last_seq, version, last_at from room
                                 where id = any (p_rooms) order by id
                                   for no key update skip locked) r) u
                 group by u.id) g;
    end if;

    select array_agg(case when j.verdict = 0 then j.place end order by j.o),
           array_agg(j.o order by j.o) filter (where j.verdict > 0),
           array_agg(j.verdict order by j.o) filter (where j.verdict > 0),
           array_agg(j.seq order by j.o) filter (where j.verdict > 0),
           array_agg(j.created_at order by j.o) filter (where j.verdict > 0)
      into v_place, not_new, verdicts, seqs, created_at
      from (select q.*, row_number() over (partition by q.ri, q.verdict = 0 order by q.o) as place
              from (select t.o, t.ri, d.seq, d.created_at,
                           case when d.seq is not null and d.content = t.content
                                     and d.reply_to is not distinct from t.reply_to then 1
                                when d.seq is not null then 2
                                when m.user_id is null then 3
                                when bases[t.ri] is null then 4
                                when t.reply_to > bases[t.ri] then 5
                                else 0
                           end as verdict
                      from unnest(p_room, p_sender, p_client_id, p_content, p_reply_to)
                           with ordinality t (ri, sender, client_id, content, reply_to, o)
                      left join message d on d.room_id = p_rooms[t.ri]
                                         and d.sender_id = t.sender and d.client_id = t.client_id
                      left join member m on m.room_id = p_rooms[t.ri]
                                        and m.user_id = t.sender and m.left_seq is null) q) j;

    if cardinality(not_new) = cardinality(p_room) then
        return;
    end if;

    update room r
       set last_seq = r.last_seq + c.n, last_at = written_at[c.ri]
      from (select t.ri, p_rooms[t.ri] as id, count(*) as n
              from unnest(p_room, v_place) t (ri, place) where t.place is not null group by t.ri) c
     where r.id = c.id;

    insert into message (room_id, seq, sender_id, client_id, content, reply_to, created_at)
    select p_rooms[t.ri], bases[t.ri] + t.place, t.sender, t.client_id, t.content, t.reply_to,
           written_at[t.ri]
      from unnest(p_room, v_place, p_sender, p_client_id, p_content, p_reply_to)
           t (ri, place, sender, client_id, content, reply_to)
     where t.place is not null;

    insert into outbox (event, subjects, first_seqs, last_seqs)
    select 'message.created', array_agg(p_rooms[c.ri]), array_agg(bases[c.ri] + 1),
           array_agg(bases[c.ri] + c.n)
      from (select t.ri, count(*) as n
              from unnest(p_room, v_place) t (ri, place) where t.place is not null group by t.ri) c
    returning id into outbox_id;
end
$function$;

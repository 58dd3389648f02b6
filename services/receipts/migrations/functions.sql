-- The last seq of those that a member wrote one after the other from p_seq + 1 on; p_seq if none.
-- As the others may know it: a private one ends it, too.
-- It reads no further than the gap: whoever has not read for long has many above it.
create or replace function past_own_seqs(
    p_room uuid, p_user uuid, p_seq bigint, p_to_others boolean
) returns bigint
language plpgsql stable as $function$
declare
    v_seq  bigint := p_seq;
    v_own  record;
begin
    for v_own in
        select seq, is_private from own_seq
         where room_id = p_room and user_id = p_user and seq > p_seq
         order by room_id, user_id, seq
    loop
        exit when v_own.seq > v_seq + 1 or p_to_others and v_own.is_private;
        v_seq := v_own.seq;
    end loop;
    return v_seq;
end
$function$;

-- The one call of a batch: raise heads and watermarks, log each advance, announce them; one
-- transaction in one round trip. Called in autocommit, so its answer comes after COMMIT.
--
-- Whoever moves anything of a room locks the room's row first (and rooms by id), so calls that
-- meet in a room follow each other, and never wait for each other in a circle.
create or replace function fold_receipts(
    p_head_room uuid[],    -- distinct and ascending: the rooms of all that follows
    p_head      bigint[],
    p_room      uuid[],    -- per member: distinct (room, user), ascending
    p_user      uuid[],
    p_member    int[],     -- per claim: the index of its member, from 1; rising within a member
    p_delivered bigint[],
    p_read      bigint[],
    p_shown     bigint[],  -- read, as the others may know it
    p_at_ms     bigint[],  -- null where not known
    p_own_member int[],    -- per message of a member's own: the index of the member
    p_own_seq   bigint[],
    p_own_private boolean[],  -- the others learn nothing by it
    p_published bigint[],  -- outbox rows whose news is out: they go
    out outbox_id bigint,  -- the row that announces it; null if nothing moved
    out raised    int[],   -- the members whose watermarks went up, ascending
    out delivered bigint[],
    out read      bigint[],
    out shown     bigint[],
    out was_delivered bigint[],  -- before
    out was_read      bigint[],
    out was_shown     bigint[]
) language plpgsql as $function$
#variable_conflict use_column
declare
    v_was_d bigint[]; v_was_r bigint[]; v_was_s bigint[];   -- per member: before
    v_new_d bigint[]; v_new_r bigint[]; v_new_s bigint[];   -- with the claims
    v_all_d bigint[]; v_all_r bigint[]; v_all_s bigint[];   -- and past messages of their own
begin
    -- Whoever holds such a row is publishing it, and deletes it: nobody shall wait for that here.
    if cardinality(p_published) > 0 then
        delete from outbox where id in
               (select id from outbox where id = any (p_published) for update skip locked);
    end if;

    insert into room (id, head, is_due)
    select t.room_id, t.head, t.head > 0 from unnest(p_head_room, p_head) t (room_id, head)
        on conflict (id) do update set head = excluded.head, is_due = true
        where room.head < excluded.head;

    if cardinality(p_room) = 0 then
        return;
    end if;

    -- Nearly always all of them are there.
    loop
        select array_agg(w.delivered_seq order by t.i), array_agg(w.read_seq order by t.i),
               array_agg(w.shown_read_seq order by t.i)
          into v_was_d, v_was_r, v_was_s
          from unnest(p_room, p_user) with ordinality t (room_id, user_id, i)
          join watermark w on w.room_id = t.room_id and w.user_id = t.user_id;
        exit when cardinality(v_was_d) = cardinality(p_room);
        insert into watermark (room_id, user_id)
        select t.room_id, t.user_id from unnest(p_room, p_user) t (room_id, user_id)
            on conflict (room_id, user_id) do nothing;
    end loop;

    -- By grouping, not by joining: the only join that this connection makes would go through all
    -- claims for each member.
    select array_agg(g.d order by g.i), array_agg(g.r order by g.i), array_agg(g.s order by g.i)
      into v_new_d, v_new_r, v_new_s
      from (select u.i, max(u.d) as d, max(u.r) as r, max(u.s) as s
              from (select t.i, t.d, t.r, t.s
                      from unnest(v_was_d, v_was_r, v_was_s) with ordinality t (d, r, s, i)
                     union all
                    select c.i, c.d, c.r, c.s
                      from unnest(p_member, p_delivered, p_read, p_shown) c (i, d, r, s)) u
             group by u.i) g;

    v_all_d := v_new_d; v_all_r := v_new_r; v_all_s := v_new_s;
    if cardinality(p_own_member) > 0
       or exists (select from unnest(p_room, p_user) t (room_id, user_id)
                   join own_seq o on o.room_id = t.room_id and o.user_id = t.user_id)
    then
        insert into own_seq (room_id, user_id, seq, is_private)
        select p_room[o.member], p_user[o.member], o.seq, bool_or(o.is_private)
          from unnest(p_own_member, p_own_seq, p_own_private) o (member, seq, is_private)
         where o.seq > v_new_r[o.member]
         group by o.member, o.seq
            on conflict (room_id, user_id, seq) do update set is_private = true
            where excluded.is_private and not own_seq.is_private;

        -- Most have written nothing right behind their watermarks, which a look into the index
        -- tells for far less than a call.
        select array_agg(greatest(m.past_d, m.past_r) order by m.i),
               array_agg(m.past_r order by m.i),
               array_agg(m.past_s order by m.i)
          into v_all_d, v_all_r, v_all_s
          from (select t.i,
                       case when d.seq is null then t.d
                            else past_own_seqs(p_room[t.i], p_user[t.i], t.d, false) end as past_d,
                       case when r.seq is null then t.r
                            else past_own_seqs(p_room[t.i], p_user[t.i], t.r, false) end as past_r,
                       case when r.seq is null or t.s <> t.r or r.is_private then t.s
                            else past_own_seqs(p_room[t.i], p_user[t.i], t.s, true) end as past_s
                  from unnest(v_new_d, v_new_r, v_new_s) with ordinality t (d, r, s, i)
                  left join own_seq d on d.room_id = p_room[t.i] and d.user_id = p_user[t.i]
                                     and d.seq = t.d + 1
                  left join own_seq r on r.room_id = p_room[t.i] and r.user_id = p_user[t.i]
                                     and r.seq = t.r + 1) m;

        delete from own_seq o using unnest(p_room, p_user, v_all_r, v_was_r) t (room_id, user_id, r, was_r)
         where t.r > t.was_r
           and o.room_id = t.room_id and o.user_id = t.user_id and o.seq <= t.r;
    end if;

    select array_agg(t.i order by t.i), array_agg(t.d order by t.i), array_agg(t.r order by t.i),
           array_agg(t.s order by t.i), array_agg(t.was_d order by t.i),
           array_agg(t.was_r order by t.i), array_agg(t.was_s order by t.i)
      into raised, delivered, read, shown, was_delivered, was_read, was_shown
      from unnest(v_all_d, v_all_r, v_all_s, v_was_d, v_was_r, v_was_s)
           with ordinality t (d, r, s, was_d, was_r, was_s, i)
     where t.d > t.was_d or t.r > t.was_r or t.s > t.was_s;
    if raised is null then
        return;
    end if;

    update watermark w
       set delivered_seq = greatest(w.delivered_seq, t.d),
           read_seq = greatest(w.read_seq, t.r),
           shown_read_seq = greatest(w.shown_read_seq, t.s)
      from unnest(raised, delivered, read, shown) t (i, d, r, s)
     where w.room_id = p_room[t.i] and w.user_id = p_user[t.i];

    insert into advance (room_id, user_id, delivered_from, delivered_seq, read_from, read_seq,
                         shown_from, shown_read_seq, claimed_at)
    select p_room[s.i], p_user[s.i], s.from_d, s.d, s.from_r, s.r, s.from_s, s.s,
           -- A clock that is ahead must not tell of the future.
           case when s.at_ms is not null then least(to_timestamp(s.at_ms / 1000.0), now()) end
      from (select c.i, c.at_ms,
                   greatest(v_was_d[c.i], c.d) as d,
                   greatest(v_was_d[c.i], lag(c.d) over by_member) as from_d,
                   greatest(v_was_r[c.i], c.r) as r,
                   greatest(v_was_r[c.i], lag(c.r) over by_member) as from_r,
                   greatest(v_was_s[c.i], c.s) as s,
                   greatest(v_was_s[c.i], lag(c.s) over by_member) as from_s
              from unnest(p_member, p_delivered, p_read, p_shown, p_at_ms)
                   with ordinality c (i, d, r, s, at_ms, o)
            window by_member as (partition by c.i order by c.o)
             union all
            select t.i, (extract(epoch from now()) * 1000)::bigint, t.all_d, t.d, t.all_r, t.r, t.all_s, t.s
              from unnest(v_new_d, v_new_r, v_new_s, v_all_d, v_all_r, v_all_s)
                   with ordinality t (d, r, s, all_d, all_r, all_s, i)) s
     where s.d > s.from_d or s.r > s.from_r or s.s > s.from_s;

    update laggard l set moved = true
      from unnest(raised) t (i)
     where l.room_id = p_room[t.i] and l.user_id = p_user[t.i] and not l.moved;

    insert into outbox (event, rooms, users)
    select 'watermarks.advanced', array_agg(p_room[t.i]), array_agg(p_user[t.i])
      from unnest(raised) t (i)
    returning id into outbox_id;
end
$function$;

-- Who is in a room now, as chat says it. What is older than what is known changes nothing.
create or replace function set_members(
    p_room         uuid,
    p_version      bigint,
    p_open_history boolean,
    p_user         uuid[],    -- distinct and ascending: everybody who is present
    p_joined_seq   bigint[]
) returns void language plpgsql as $function$
begin
    insert into room (id, version, open_history) values (p_room, p_version, p_open_history)
        on conflict (id) do update set version = excluded.version,
                                       open_history = excluded.open_history
        where room.version <= excluded.version;
    if not found then
        return;
    end if;

    insert into watermark (room_id, user_id, present, joined_seq)
    select p_room, t.user_id, true, t.joined_seq
      from unnest(p_user, p_joined_seq) t (user_id, joined_seq)
        on conflict (room_id, user_id) do update set present = true, joined_seq = excluded.joined_seq
        where not watermark.present or watermark.joined_seq <> excluded.joined_seq;

    update watermark set present = false
     where room_id = p_room and present and user_id <> all (p_user);

    delete from laggard where room_id = p_room and user_id <> all (p_user);
end
$function$;

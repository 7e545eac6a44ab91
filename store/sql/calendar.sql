-- Calendar: what became of a connection's backups, day by day. The days' bounds are the caller's: its time zone's.

-- name: days
select
    day_no,
    count(o.operation_id) filter (where o.status = 'succeeded') as succeeded,
    count(o.operation_id) filter (where o.status = 'failed') as failed,
    count(o.operation_id) filter (where o.status = 'cancelled') as cancelled,
    count(o.operation_id) filter (where o.status in ('queued', 'running')) as open,
    (array_agg(o.warning_count order by o.created_at desc) filter (where o.status = 'succeeded'))[1] as warnings,
    (array_agg(o.operation_id order by o.created_at desc) filter (where o.operation_id is not null))[1] as last_id,
    (array_agg(s.record_count order by s.seq desc) filter (where s.seq is not null))[1] as records,
    coalesce(sum(s.added), 0)::bigint as added,
    coalesce(sum(s.edited), 0)::bigint as edited,
    coalesce(sum(s.moved), 0)::bigint as moved,
    coalesce(sum(s.deleted), 0)::bigint as deleted,
    coalesce(sum(s.stored_bytes), 0)::bigint as stored_bytes
from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as days (opens_at, closes_at, day_no)
left join operations o on o.account_id = $1 and o.connection_id = $2 and o.kind = 'backup'
    and o.created_at >= opens_at and o.created_at < closes_at
left join snapshots s on s.connection_id = $2 and s.operation_id = o.operation_id
group by day_no
order by day_no

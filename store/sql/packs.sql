-- Packs, chunks and dictionaries: where content lies.

-- name: holds_chunks
select exists (select from chunks where account_id = $1)

-- name: next_pack_no
select nextval(pg_get_serial_sequence('packs', 'pack_no'))

-- name: held_chunks
-- One copy of each: any will do.
select distinct on (chunk_id) chunk_id, pack_no, dictionary_pack_no
from chunks
where account_id = $1 and chunk_id = any($2)
order by chunk_id, pack_no

-- name: places
-- Every copy of each chunk.
select c.chunk_id, c.pack_no, p.pack_id, p.salt, c.block_no, c.block_offset, c.block_size, c.chunk_offset, c.chunk_size,
       c.dictionary_pack_no, c.dictionary_block_no, d.pack_id as dictionary_pack_id, d.salt as dictionary_salt
from chunks c
join packs p on p.pack_no = c.pack_no
left join packs d on d.pack_no = c.dictionary_pack_no
where c.account_id = $1 and c.chunk_id = any($2)
order by c.pack_no, c.block_no, c.chunk_offset

-- name: dictionaries
select d.kind, d.pack_no, p.pack_id, p.salt, d.block_no, d.block_offset, d.block_size
from dictionaries d
join packs p on p.pack_no = d.pack_no
where d.account_id = $1 and d.connection_id = $2

-- name: insert_pack
insert into packs (pack_no, account_id, pack_id, salt, size_bytes, chunk_count)
overriding system value
values ($1, $2, $3, $4, $5, $6)

-- name: insert_chunks
-- A row for each chunk, from columns: what all chunks of a block share is sent once. Ids lie side by side, and the
-- chunks' numbers are written as arrays, because the driver makes a call for every element of an array of its own.
insert into chunks (account_id, chunk_id, pack_no, block_no, block_offset, block_size, chunk_offset, chunk_size,
                    codec, dictionary_pack_no, dictionary_block_no)
select $1, substring($3::bytea from 32 * (c.place::integer - 1) + 1 for 32) as chunk_id, $2, b.block_no,
       b.block_offset, b.block_size, c.chunk_offset, c.chunk_size, b.codec, b.dictionary_pack_no, b.dictionary_block_no
from unnest($4::text::integer[], $5::text::integer[], $6::text::integer[]) with ordinality
         as c (block_no, chunk_offset, chunk_size, place)
join unnest($7::integer[], $8::bigint[], $9::integer[], $10::smallint[], $11::bigint[], $12::integer[])
         as b (block_no, block_offset, block_size, codec, dictionary_pack_no, dictionary_block_no) using (block_no)
order by chunk_id

-- name: insert_dictionaries
insert into dictionaries (account_id, connection_id, kind, pack_no, block_no, block_offset, block_size)
select $1, $2, d.kind, $3, d.block_no, d.block_offset, d.block_size
from unnest($4::text[], $5::integer[], $6::bigint[], $7::integer[]) as d (kind, block_no, block_offset, block_size)
on conflict do nothing

-- API tokens: only the SHA-256 of each is kept.

-- name: create
insert into api_tokens (token_id, account_id, member_id, name, token_sha256, scopes, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)
returning *

-- What a request is let in by: the token, and the member whose role bounds it.
-- name: living
select
    api_tokens.token_id, api_tokens.account_id, api_tokens.member_id, api_tokens.name, api_tokens.scopes,
    api_tokens.created_at, api_tokens.expires_at, api_tokens.revoked_at,
    members.role
from api_tokens
join members using (account_id, member_id)
where token_sha256 = $1
  and revoked_at is null
  and (expires_at is null or expires_at > now())

-- name: get
select * from api_tokens where account_id = $1 and token_id = $2

-- name: page
select * from api_tokens
where account_id = $1
  and ($2::uuid is null or member_id = $2)
  and ($3::timestamptz is null or (created_at, token_id) > ($3, $4))
order by created_at, token_id
limit $5

-- name: page_back
select * from api_tokens
where account_id = $1
  and ($2::uuid is null or member_id = $2)
  and ($3::timestamptz is null or (created_at, token_id) < ($3, $4))
order by created_at desc, token_id desc
limit $5

-- name: count
select count(*) from (
    select from api_tokens where account_id = $1 and ($2::uuid is null or member_id = $2) limit $3
) as capped

-- name: revoke
update api_tokens set revoked_at = coalesce(revoked_at, now())
where account_id = $1 and token_id = $2
returning *

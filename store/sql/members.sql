-- Members: the people of an account.

-- name: create
insert into members (member_id, account_id, email, name, role) values ($1, $2, $3, $4, $5)
on conflict (account_id, email) do nothing
returning *

-- name: get
select * from members where account_id = $1 and member_id = $2

-- name: by_email
select * from members where account_id = $1 and email = $2

-- name: of_account
select * from members where account_id = $1 order by created_at, member_id

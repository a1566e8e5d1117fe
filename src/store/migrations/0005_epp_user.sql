-- API users that log in over EPP: a password of their own, and what they may do there (model::epp_access), as JSON.

ALTER TABLE api_user ADD COLUMN password_hash TEXT;
ALTER TABLE api_user ADD COLUMN password_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE api_user ADD COLUMN epp_access TEXT;

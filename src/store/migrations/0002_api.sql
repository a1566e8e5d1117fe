-- Token login and REST: API users, what a login leaves behind, answers kept for retries; and the listing of a registrar's domains.

CREATE TABLE api_user (
    login     TEXT NOT NULL PRIMARY KEY,
    registrar TEXT NOT NULL REFERENCES registrar (id),
    state     TEXT NOT NULL,
    -- Sealed under the server's key: a challenge can only be judged with the key itself.
    api_key   TEXT
) CLUSTERED;

-- login refers to nothing: an unknown one gets its challenges too.
CREATE TABLE api_challenge (
    challenge  TEXT   NOT NULL PRIMARY KEY,
    login      TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
) CLUSTERED;

CREATE INDEX api_challenge_source ON api_challenge (source, login);
CREATE INDEX api_challenge_expiry ON api_challenge (expires_at);

CREATE TABLE api_token (
    hash       TEXT   NOT NULL PRIMARY KEY,
    login      TEXT   NOT NULL REFERENCES api_user (login),
    expires_at BIGINT NOT NULL
) CLUSTERED;

CREATE INDEX api_token_login ON api_token (login);
CREATE INDEX api_token_expiry ON api_token (expires_at);

-- subject: "login NAME" or "source ADDRESS".
CREATE TABLE api_wrong_answer (
    subject    TEXT   NOT NULL PRIMARY KEY,
    count      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) CLUSTERED;

CREATE INDEX api_wrong_answer_expiry ON api_wrong_answer (expires_at);

-- request tells one request from another without giving away what it held.
CREATE TABLE kept_answer (
    registrar  TEXT   NOT NULL REFERENCES registrar (id),
    key        TEXT   NOT NULL,
    request    TEXT   NOT NULL,
    answer     TEXT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (registrar, key)
) CLUSTERED;

CREATE INDEX kept_answer_expiry ON kept_answer (expires_at);

-- A registrar's domains in the order in which they were made: each registrar appends at one place.
CREATE INDEX domain_sponsor ON domain (sponsor, number);

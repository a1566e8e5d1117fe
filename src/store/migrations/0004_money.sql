-- Money: an account a registrar, in the smallest unit of its currency, and the entries whose sum is its balance.
-- The lease under which one node does what is due. Allocation tokens, by the SHA-256 of what the client holds.

ALTER TABLE registrar ADD COLUMN balance BIGINT NOT NULL DEFAULT 0;
ALTER TABLE registrar ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE registrar ADD COLUMN credit_limit BIGINT NOT NULL DEFAULT 0;
ALTER TABLE registrar ADD COLUMN low_balance_at BIGINT NOT NULL DEFAULT 0;

CREATE TABLE ledger (
    number      NUMBER_KEY,
    registrar   TEXT   NOT NULL REFERENCES registrar (id),
    at          BIGINT NOT NULL,
    amount      BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    object      TEXT   NOT NULL,
    operation   TEXT   NOT NULL,
    server_trid TEXT   NOT NULL,
    balance     BIGINT NOT NULL
);

CREATE INDEX ledger_registrar ON ledger (registrar, number);

CREATE TABLE lease (
    name   TEXT   NOT NULL PRIMARY KEY,
    holder TEXT   NOT NULL,
    number BIGINT NOT NULL,
    until  BIGINT NOT NULL
) CLUSTERED;

CREATE TABLE allocation_token (
    token     TEXT   NOT NULL PRIMARY KEY,
    name      TEXT,
    registrar TEXT   REFERENCES registrar (id),
    used_at   BIGINT
) CLUSTERED;

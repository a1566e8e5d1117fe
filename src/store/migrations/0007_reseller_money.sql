-- Resellers' accounts inside those of their registrars: what a reseller may spend, what its pending transfers hold of it, and the
-- entries whose sum its balance is. `reserved` is what the resellers of a registrar have available, together.
-- A mail that is being sent at the moment, and until when its sender has it.

ALTER TABLE registrar ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reseller ADD COLUMN balance BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reseller ADD COLUMN held BIGINT NOT NULL DEFAULT 0;

CREATE TABLE reseller_ledger (
    number      NUMBER_KEY,
    reseller    TEXT   NOT NULL REFERENCES reseller (username),
    at          BIGINT NOT NULL,
    amount      BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    object      TEXT   NOT NULL,
    operation   TEXT   NOT NULL,
    server_trid TEXT   NOT NULL,
    balance     BIGINT NOT NULL
);

CREATE INDEX reseller_ledger_reseller ON reseller_ledger (reseller, number);

ALTER TABLE outbox ADD COLUMN claimed_until BIGINT;

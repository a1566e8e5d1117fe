-- Resellers: accounts, the domains that carry them, their orders and events, registrants' access; and the outbox.

CREATE TABLE reseller (
    username   TEXT   NOT NULL PRIMARY KEY,
    registrar  TEXT   NOT NULL REFERENCES registrar (id),
    sealed_key TEXT   NOT NULL,
    state      TEXT   NOT NULL
) CLUSTERED;

ALTER TABLE domain ADD COLUMN reseller TEXT REFERENCES reseller (username);

CREATE INDEX domain_reseller ON domain (reseller, expires_at) WHERE reseller IS NOT NULL;

CREATE TABLE reseller_order (
    number    NUMBER_KEY,
    reseller  TEXT   NOT NULL REFERENCES reseller (username),
    kind      TEXT   NOT NULL,
    domain    TEXT   NOT NULL,
    placed_at BIGINT NOT NULL
);

CREATE INDEX reseller_order_reseller ON reseller_order (reseller, kind, number);

CREATE TABLE reseller_message (
    number    NUMBER_KEY,
    reseller  TEXT   NOT NULL REFERENCES reseller (username),
    queued_at BIGINT NOT NULL,
    event     TEXT   NOT NULL
);

CREATE INDEX reseller_message_reseller ON reseller_message (reseller, number);

CREATE TABLE domain_profile (
    domain   BIGINT NOT NULL PRIMARY KEY REFERENCES domain (number),
    username TEXT   NOT NULL,
    password TEXT   NOT NULL
) CLUSTERED;

-- token: the SHA-256 of what the client holds.
CREATE TABLE domain_cookie (
    token      TEXT   NOT NULL PRIMARY KEY,
    reseller   TEXT   NOT NULL REFERENCES reseller (username),
    domain     BIGINT NOT NULL REFERENCES domain (number),
    expires_at BIGINT NOT NULL
) CLUSTERED;

CREATE INDEX domain_cookie_domain ON domain_cookie (domain);
CREATE INDEX domain_cookie_expiry ON domain_cookie (expires_at);

-- next_at is by the machine's clock, queued_at by the registry's; secret is sealed, and erased when sent or given up.
CREATE TABLE outbox (
    number     NUMBER_KEY,
    token      TEXT   NOT NULL UNIQUE,
    domain     TEXT   NOT NULL,
    reseller   TEXT,
    mail       TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    queued_at  BIGINT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT,
    secret     TEXT,
    last_error TEXT
);

CREATE INDEX outbox_next ON outbox (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_domain ON outbox (domain, queued_at);
CREATE INDEX outbox_reseller ON outbox (reseller, queued_at) WHERE reseller IS NOT NULL;
CREATE INDEX outbox_state ON outbox (state, number);

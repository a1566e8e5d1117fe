-- The registry: policy, registrars, objects and the links between them, messages, history, sessions.
-- NUMBER_KEY is a key that the engine counts up and never uses twice; CLUSTERED keeps a table in the order of its key.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) CLUSTERED;

CREATE TABLE tld (
    name  TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL
) CLUSTERED;

CREATE TABLE registrar (
    id                 TEXT   NOT NULL PRIMARY KEY,
    state              TEXT   NOT NULL,
    password_hash      TEXT,
    password_set_at    BIGINT,
    credential_version BIGINT NOT NULL DEFAULT 0,
    wrong_passwords    BIGINT NOT NULL DEFAULT 0,
    locked_until       BIGINT,
    messages           BIGINT NOT NULL DEFAULT 0
) CLUSTERED;

CREATE TABLE contact (
    number     NUMBER_KEY,
    id         TEXT   NOT NULL UNIQUE,
    sponsor    TEXT   NOT NULL REFERENCES registrar (id),
    due_at     BIGINT,
    state      TEXT   NOT NULL
);

CREATE INDEX contact_due ON contact (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE domain (
    number      NUMBER_KEY,
    name        TEXT   NOT NULL UNIQUE,
    variant_key TEXT,
    sponsor     TEXT   NOT NULL REFERENCES registrar (id),
    expires_at  BIGINT NOT NULL,
    due_at      BIGINT,
    state       TEXT   NOT NULL
);

CREATE INDEX domain_due ON domain (due_at) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX domain_variant ON domain (variant_key) WHERE variant_key IS NOT NULL;

CREATE TABLE host (
    number        NUMBER_KEY,
    name          TEXT   NOT NULL UNIQUE,
    sponsor       TEXT   NOT NULL REFERENCES registrar (id),
    superordinate BIGINT REFERENCES domain (number),
    state         TEXT   NOT NULL
);

CREATE INDEX host_superordinate ON host (superordinate) WHERE superordinate IS NOT NULL;

-- role: registrant, admin, billing or tech; position keeps the order in which they were given.
CREATE TABLE domain_contact (
    domain   BIGINT NOT NULL REFERENCES domain (number),
    position BIGINT NOT NULL,
    role     TEXT   NOT NULL,
    contact  BIGINT NOT NULL REFERENCES contact (number),
    PRIMARY KEY (domain, position)
) CLUSTERED;

CREATE INDEX domain_contact_contact ON domain_contact (contact);

CREATE TABLE domain_host (
    domain   BIGINT NOT NULL REFERENCES domain (number),
    position BIGINT NOT NULL,
    host     BIGINT NOT NULL REFERENCES host (number),
    PRIMARY KEY (domain, position)
) CLUSTERED;

CREATE INDEX domain_host_host ON domain_host (host);

CREATE TABLE message (
    number    NUMBER_KEY,
    registrar TEXT   NOT NULL REFERENCES registrar (id),
    queued_at BIGINT NOT NULL,
    event     TEXT   NOT NULL
);

CREATE INDEX message_registrar ON message (registrar, number);

CREATE TABLE history (
    number        NUMBER_KEY,
    at            BIGINT NOT NULL,
    kind          TEXT   NOT NULL,
    object        BIGINT NOT NULL,
    name          TEXT   NOT NULL,
    operation     TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    client_trid   TEXT,
    server_trid   TEXT   NOT NULL,
    before_change TEXT,
    after_change  TEXT
);

CREATE INDEX history_object ON history (kind, object, number);

CREATE TABLE session (
    id        TEXT   NOT NULL PRIMARY KEY,
    registrar TEXT   NOT NULL REFERENCES registrar (id),
    node      TEXT   NOT NULL,
    opened_at BIGINT NOT NULL
) CLUSTERED;

CREATE INDEX session_registrar ON session (registrar);

INSERT INTO meta (key, value) VALUES ('policy_version', '1');

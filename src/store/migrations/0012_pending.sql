-- What waits for a registrant's word, by the SHA-256 of the token that was mailed; legal documents, attached to the history
-- entry that they justify, in parts that a statement takes.

CREATE TABLE pending_action (
    number      NUMBER_KEY,
    domain      BIGINT NOT NULL REFERENCES domain (number),
    kind        TEXT   NOT NULL,
    asked_by    TEXT   NOT NULL REFERENCES registrar (id),
    asked_at    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    client_trid TEXT,
    server_trid TEXT   NOT NULL,
    token       TEXT   NOT NULL UNIQUE,
    change      TEXT   NOT NULL
);

CREATE INDEX pending_action_domain ON pending_action (domain);

CREATE TABLE legal_document (
    number     NUMBER_KEY,
    history    BIGINT NOT NULL UNIQUE REFERENCES history (number),
    kind       TEXT   NOT NULL,
    characters BIGINT NOT NULL,
    sha256     TEXT   NOT NULL
);

CREATE TABLE legal_document_part (
    document BIGINT NOT NULL REFERENCES legal_document (number),
    position BIGINT NOT NULL,
    body     TEXT   NOT NULL,
    PRIMARY KEY (document, position)
) CLUSTERED;

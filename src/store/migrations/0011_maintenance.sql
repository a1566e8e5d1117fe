-- Maintenance of the registry that was announced (RFC 9167); state is model::maintenance::Maintenance as JSON.

CREATE TABLE maintenance (
    id        TEXT   NOT NULL PRIMARY KEY,
    starts_at BIGINT NOT NULL,
    state     TEXT   NOT NULL
) CLUSTERED;

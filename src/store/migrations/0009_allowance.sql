-- What registrars have used of their allowances, by the hour since 1970; hours that no longer count are removed when another is added.

CREATE TABLE allowance (
    registrar TEXT   NOT NULL REFERENCES registrar (id),
    kind      TEXT   NOT NULL,
    hour      BIGINT NOT NULL,
    used      BIGINT NOT NULL,
    PRIMARY KEY (registrar, kind, hour)
) CLUSTERED;

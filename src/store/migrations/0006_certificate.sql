-- Certificates whose end is announced: seen at a login (not_after), or only pinned. days_told is the shortest notice given.

CREATE TABLE certificate (
    registrar TEXT   NOT NULL REFERENCES registrar (id),
    sha256    TEXT   NOT NULL,
    not_after BIGINT,
    days_told BIGINT,
    PRIMARY KEY (registrar, sha256)
) CLUSTERED;

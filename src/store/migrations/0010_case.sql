-- Cases: what waits for somebody's answer (model::case), and the domains that each is about. answered_by is null
-- where the operator answers.

CREATE TABLE open_case (
    number      NUMBER_KEY,
    asked_by    TEXT   NOT NULL REFERENCES registrar (id),
    answered_by TEXT REFERENCES registrar (id),
    opened_at   BIGINT NOT NULL,
    due_at      BIGINT,
    change      TEXT   NOT NULL
);

CREATE INDEX open_case_due ON open_case (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE case_domain (
    domain    BIGINT NOT NULL REFERENCES domain (number),
    open_case BIGINT NOT NULL REFERENCES open_case (number),
    PRIMARY KEY (domain, open_case)
) CLUSTERED;

CREATE INDEX case_domain_case ON case_domain (open_case);

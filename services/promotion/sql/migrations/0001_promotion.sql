-- What operators and senders ask promotion for: certificates, and tasks open and done.

CREATE TABLE certificate (
    certificate_id  uuid     PRIMARY KEY,
    subject         text     NOT NULL,
    dossier_id      uuid     NOT NULL,
    unit            text     NOT NULL,
    level           text     NOT NULL,
    stars           smallint NOT NULL CHECK (stars BETWEEN 3 AND 5),
    decision_number text     NOT NULL,
    issued_on       date     NOT NULL,
    expires_on      date     NOT NULL CHECK (expires_on > issued_on),
    ended_on        date
);
CREATE INDEX certificate_subject ON certificate (subject);
CREATE INDEX certificate_in_force ON certificate (unit, expires_on) WHERE ended_on IS NULL;

CREATE TABLE task (
    task_id    uuid PRIMARY KEY,
    subject    text NOT NULL,
    dossier_id uuid NOT NULL,
    task       text NOT NULL,
    unit       text NOT NULL,
    opened_on  date NOT NULL,
    total      text,
    stars      smallint,
    closed_on  date
);
CREATE UNIQUE INDEX task_open_once ON task (dossier_id, task) WHERE closed_on IS NULL;
CREATE INDEX task_open ON task (unit, opened_on) WHERE closed_on IS NULL;

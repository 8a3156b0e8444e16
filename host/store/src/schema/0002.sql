-- The client's tables that a generation of rules looks into, by the generation's digest; JSON.
CREATE TABLE client_tables (
    generation TEXT PRIMARY KEY,
    tables TEXT NOT NULL
);

-- How an object was asked for: `invitation` to its address, or `account` with that principal name.
ALTER TABLE intent ADD COLUMN making TEXT NOT NULL DEFAULT 'invitation';

-- Values that are to be unique in the target, by the source objects that want them. `chosen` by a plan,
-- `refused` to the object by the target, `wanted` by an object for which none was free.
CREATE TABLE claim (
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value TEXT NOT NULL,            -- in comparable form
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (job, kind, attribute, value, source)
) WITHOUT ROWID;
CREATE INDEX claim_source ON claim (job, kind, source);

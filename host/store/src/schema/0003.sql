-- What is known of a job's rules beside the active ones, and what was touched since they were weighed.

-- Counts how often changed rules were weighed against the active ones, so that what is touched
-- afterwards can be told from what was looked at.
CREATE TABLE weighing (number INTEGER NOT NULL);
INSERT INTO weighing VALUES (0);

-- The weighing under which what the rules see of the object changed last.
ALTER TABLE subject ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;

-- What the two tenants call themselves, for asking rules without reaching them; JSON.
ALTER TABLE job_tenants ADD COLUMN described TEXT;

-- Every generation that became active. Old ones are forgotten, and with them their components.
CREATE TABLE activation (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    at TEXT NOT NULL,
    digest TEXT NOT NULL,
    layers TEXT NOT NULL,
    cause TEXT NOT NULL,            -- what let it in
    effect TEXT                     -- what it was found to change; JSON, none where nothing was compared
);
CREATE INDEX activation_job ON activation (job, number);
INSERT INTO activation (job, at, digest, layers, cause)
    SELECT job, activated, digest, layers, 'first' FROM generation;

-- What lies in the plugins folder beside the active generation: rules that wait or are refused.
CREATE TABLE candidate (
    job TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    digest TEXT,                    -- of the generation, or of the file that is refused
    layers TEXT NOT NULL,
    step TEXT,                      -- where it was refused
    reason TEXT NOT NULL,
    effect TEXT,
    since TEXT NOT NULL
) WITHOUT ROWID;

-- The generation that somebody went back from: it is let in again by a command only.
CREATE TABLE declined (
    job TEXT PRIMARY KEY,
    digest TEXT NOT NULL
) WITHOUT ROWID;

-- What people asked of a job's rules, for whichever process works on the project.
CREATE TABLE rules_wish (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    verb TEXT NOT NULL,
    digest TEXT,
    given TEXT NOT NULL,
    outcome TEXT,
    answer TEXT
);
CREATE INDEX rules_wish_open ON rules_wish (number) WHERE outcome IS NULL;

-- The generation that failed on too many objects and is asked nothing more.
CREATE TABLE suspension (
    job TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    at TEXT NOT NULL,
    asked INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    reason TEXT NOT NULL,
    inputs TEXT                     -- the folder with what it failed on
) WITHOUT ROWID;

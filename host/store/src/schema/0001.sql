-- Times are RFC 3339 in UTC. Attribute bags, operations and the like are JSON.

-- One listing of one kind of object of one side of a job.
CREATE TABLE mirror (
    id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    side TEXT NOT NULL,
    kind TEXT NOT NULL,
    columns TEXT NOT NULL,          -- the attributes that the listing selects
    ids TEXT NOT NULL,              -- the objects it is confined to; [] for all
    subjects INTEGER NOT NULL,      -- whether its objects are what the job keeps in step
    listing INTEGER NOT NULL,       -- counts full listings; the one under way, or the last
    resume TEXT,                    -- where the round under way goes on
    delta TEXT,                     -- what the next round starts from
    completed TEXT,                 -- when a full listing was last proven complete
    UNIQUE (job, side, kind)
);

CREATE TABLE mirror_object (
    mirror INTEGER NOT NULL REFERENCES mirror (id),
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    listing INTEGER NOT NULL,       -- the last full listing that showed it
    attributes TEXT NOT NULL,       -- long, hence a table with row ids
    PRIMARY KEY (mirror, id)
);

-- By which values a target object can be found; addresses under `mail`, in comparable form.
CREATE TABLE mirror_key (
    mirror INTEGER NOT NULL REFERENCES mirror (id),
    attribute TEXT NOT NULL,
    value TEXT NOT NULL,
    object TEXT NOT NULL,
    PRIMARY KEY (mirror, attribute, value, object)
) WITHOUT ROWID;
CREATE INDEX mirror_key_object ON mirror_key (mirror, object);

CREATE TABLE mirror_member (
    mirror INTEGER NOT NULL REFERENCES mirror (id),
    container TEXT NOT NULL,
    member TEXT NOT NULL,
    listing INTEGER NOT NULL,
    PRIMARY KEY (mirror, container, member)
) WITHOUT ROWID;

-- Which object of the source a name in the project file stands for.
CREATE TABLE named_object (
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (job, kind, name)
) WITHOUT ROWID;

-- The source objects that the job's groups and people assign.
CREATE TABLE assignment (
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (job, kind, source)
) WITHOUT ROWID;

-- A source object as a job sees it.
CREATE TABLE subject (
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    undecided INTEGER NOT NULL,     -- scope and keys have to be asked again
    unplanned INTEGER NOT NULL,     -- its plan may have changed
    verdict TEXT,
    state TEXT,
    reason_code TEXT,
    reason_text TEXT,
    findings TEXT NOT NULL DEFAULT '[]',
    run INTEGER,                    -- the run that last considered it
    logged TEXT,                    -- the state and reason code that the log knows
    PRIMARY KEY (job, kind, source)
) WITHOUT ROWID;
CREATE INDEX subject_undecided ON subject (job, kind, source) WHERE undecided = 1;
CREATE INDEX subject_unplanned ON subject (job, kind, source) WHERE unplanned = 1;

-- The match keys of the source objects in scope.
CREATE TABLE subject_key (
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    tier INTEGER NOT NULL,
    PRIMARY KEY (job, kind, attribute, value, source)
) WITHOUT ROWID;
CREATE INDEX subject_key_source ON subject_key (job, kind, source, tier);

-- One to one, always.
CREATE TABLE link (
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    ownership TEXT NOT NULL,
    deleted_by_us INTEGER NOT NULL DEFAULT 0,
    written TEXT NOT NULL,          -- what we wrote last, by attribute
    made TEXT NOT NULL,
    announced INTEGER NOT NULL DEFAULT 0,   -- whether the log knows that it was made
    unfinished INTEGER NOT NULL DEFAULT 1,  -- whether its first attributes are still to be written
    pending TEXT,                   -- what the target has been asked to do with it, not answered yet
    PRIMARY KEY (job, kind, source),
    UNIQUE (job, kind, target)
);
CREATE INDEX link_pending ON link (job, kind, source) WHERE pending IS NOT NULL;
CREATE INDEX link_unannounced ON link (job, kind, source) WHERE announced = 0;

-- An object that we have asked the target to make, and whose answer is not known yet.
CREATE TABLE intent (
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    address TEXT NOT NULL,
    started TEXT NOT NULL,
    PRIMARY KEY (job, kind, source)
) WITHOUT ROWID;

CREATE TABLE reference_wish (
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    attribute TEXT NOT NULL,
    referent TEXT,
    PRIMARY KEY (job, kind, source, attribute)
) WITHOUT ROWID;
CREATE INDEX reference_wish_referent ON reference_wish (job, kind, referent);

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    cause TEXT NOT NULL,
    cycle TEXT NOT NULL,            -- a GUID, the cycleId of its log records
    started TEXT NOT NULL,
    ended TEXT,
    phase TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    message TEXT,
    generation TEXT,
    plan TEXT,
    census TEXT
);
CREATE INDEX run_job ON run (job, id);

CREATE TABLE plan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES run (id),
    generation TEXT NOT NULL,
    state TEXT NOT NULL,
    hash TEXT,
    census TEXT,
    trips TEXT NOT NULL DEFAULT '[]'
);

CREATE TABLE operation (
    plan INTEGER NOT NULL REFERENCES plan (id),
    phase INTEGER NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (plan, phase, kind, source, sequence)
);
CREATE INDEX operation_source ON operation (plan, kind, source, state);

CREATE TABLE approval (
    hash TEXT NOT NULL,
    job TEXT NOT NULL,
    approver TEXT NOT NULL,
    given TEXT NOT NULL,
    expires TEXT NOT NULL,
    PRIMARY KEY (job, hash)
) WITHOUT ROWID;

-- Records in the shape of Graph's provisioningObjectSummary.
CREATE TABLE log (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES run (id),
    job TEXT NOT NULL,
    at TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX log_job ON log (job, number);

CREATE TABLE component (
    digest TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
);

CREATE TABLE generation (
    job TEXT PRIMARY KEY,           -- the last good one of each job
    digest TEXT NOT NULL,
    layers TEXT NOT NULL,
    activated TEXT NOT NULL
) WITHOUT ROWID;

-- The two tenants that a job's memory is about.
CREATE TABLE job_tenants (
    job TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    target TEXT NOT NULL
) WITHOUT ROWID;

-- A digest of what else a job's plans depend on: its policy and scope settings.
CREATE TABLE settings (
    job TEXT PRIMARY KEY,
    digest TEXT NOT NULL
) WITHOUT ROWID;

-- What of a write budget is used up, by tenant and application (law L14).
CREATE TABLE pace (
    tenant TEXT NOT NULL,
    client TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (tenant, client)
) WITHOUT ROWID;

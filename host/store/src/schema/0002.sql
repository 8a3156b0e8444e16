-- The client's tables that a generation of rules looks into, by the generation's digest; JSON.
CREATE TABLE client_tables (
    generation TEXT PRIMARY KEY,
    tables TEXT NOT NULL
);

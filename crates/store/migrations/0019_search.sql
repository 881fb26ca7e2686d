-- What can be searched for: one row an event with a text in the clear.
-- position: of the event. field: 1 content.body, 2 content.name, 3 content.topic.
-- text_num, text_position: the event whose text it is, which may be the newest edit.
CREATE TABLE search_documents (
    event_num {int} PRIMARY KEY,
    room_num {int} NOT NULL,
    position {int} NOT NULL,
    field {int} NOT NULL,
    text_num {int} NOT NULL,
    text_position {int} NOT NULL
);
CREATE INDEX search_documents_by_edit ON search_documents (text_num) WHERE text_num <> event_num;

-- Everything up to this position is in the index.
CREATE TABLE search_progress (
    id {int} PRIMARY KEY CHECK (id = 1),
    position {int} NOT NULL
);
INSERT INTO search_progress (id, position) VALUES (1, 0);

--- sqlite
CREATE VIRTUAL TABLE search_terms USING fts5(terms, content='', contentless_delete=1, tokenize='ascii');
--- postgres
ALTER TABLE search_documents ADD COLUMN terms TSVECTOR NOT NULL;
CREATE INDEX search_documents_by_terms ON search_documents USING GIN (terms);
--- both

-- As in Parley, one index of the messages serves reading and nobody checks their references.
CREATE TABLE person (
    id uuid PRIMARY KEY,
    room_id uuid NOT NULL
);
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id uuid NOT NULL,
    author_id uuid NOT NULL,
    client_id uuid NOT NULL,
    content text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX history ON message (room_id, id);

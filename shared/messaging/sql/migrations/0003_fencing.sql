-- What a service has seen of the topics it reads and writes, so that it stops when one is no longer the same.

CREATE TABLE topic_seen (
    usage text NOT NULL CHECK (usage IN ('reads', 'writes')),
    topic text NOT NULL,
    topic_id text NOT NULL,
    PRIMARY KEY (usage, topic)
);
COMMENT ON COLUMN topic_seen.topic_id IS 'Kafka''s UUID of the topic, as its tools show it';

CREATE TABLE relayed (
    topic text NOT NULL,
    part integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, part)
);
COMMENT ON TABLE relayed IS 'up to where each output partition was found to hold nothing that the outbox does not know';

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE command_log (
	caller VARCHAR(80) NOT NULL, 
	command_id VARCHAR(36) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	reply JSON, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (caller, command_id)
);
CREATE TABLE inbox (
	consumer VARCHAR(120) NOT NULL, 
	message_id VARCHAR(120) NOT NULL, 
	handled_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (consumer, message_id)
);
CREATE TABLE outbox (
	position INTEGER NOT NULL, 
	type VARCHAR(80) NOT NULL, 
	subject VARCHAR(120) NOT NULL, 
	data JSON NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	call_id VARCHAR(160), 
	published_at VARCHAR(32), 
	PRIMARY KEY (position)
);
CREATE TABLE relay_position (
	name VARCHAR(80) NOT NULL, 
	position INTEGER NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE dead_letter (
	id INTEGER NOT NULL, 
	consumer VARCHAR(160) NOT NULL, 
	message_id VARCHAR(120) NOT NULL, 
	routing JSON NOT NULL, 
	headers JSON NOT NULL, 
	body BLOB NOT NULL, 
	content_type VARCHAR(80) NOT NULL, 
	error TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	first_at VARCHAR(32) NOT NULL, 
	last_at VARCHAR(32) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	resolved_at VARCHAR(32), 
	resolution TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE template (
	"key" VARCHAR(60) NOT NULL, 
	channel VARCHAR(10) NOT NULL, 
	language VARCHAR(2) NOT NULL, 
	version INTEGER NOT NULL, 
	subject TEXT NOT NULL, 
	body TEXT NOT NULL, 
	published_at VARCHAR(32) NOT NULL, 
	published_by VARCHAR(80) NOT NULL, 
	PRIMARY KEY ("key", channel, language, version)
);
CREATE TABLE preference (
	account_id VARCHAR(80) NOT NULL, 
	email BOOLEAN NOT NULL, 
	quiet_from VARCHAR(5), 
	quiet_until VARCHAR(5), 
	updated_at VARCHAR(32) NOT NULL, sms BOOLEAN DEFAULT 1 NOT NULL, 
	PRIMARY KEY (account_id)
);
CREATE TABLE subscription (
	id VARCHAR(36) NOT NULL, 
	owner VARCHAR(80) NOT NULL, 
	url TEXT NOT NULL, 
	event_types JSON NOT NULL, 
	secret TEXT NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	ended_at VARCHAR(32), 
	PRIMARY KEY (id)
);
CREATE TABLE message (
	position INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	account_id VARCHAR(80) NOT NULL, 
	event_id VARCHAR(120) NOT NULL, 
	event_type VARCHAR(80) NOT NULL, 
	template_key VARCHAR(60) NOT NULL, 
	template_version INTEGER NOT NULL, 
	language VARCHAR(2) NOT NULL, 
	subject TEXT NOT NULL, 
	body TEXT NOT NULL, 
	application_id VARCHAR(36), 
	reference VARCHAR(60), 
	happened_at VARCHAR(32) NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	read_at VARCHAR(32), 
	erased_at VARCHAR(32), 
	PRIMARY KEY (position), 
	CONSTRAINT message_once UNIQUE (account_id, event_id), 
	UNIQUE (id)
);
CREATE TABLE delivery (
	position INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	channel VARCHAR(10) NOT NULL, 
	account_id VARCHAR(80), 
	message_id VARCHAR(36), 
	subscription_id VARCHAR(36), 
	event_id VARCHAR(120) NOT NULL, 
	event_type VARCHAR(80) NOT NULL, 
	repeat_of VARCHAR(36), 
	recipient TEXT NOT NULL, 
	recipient_name TEXT NOT NULL, 
	template_version INTEGER, 
	language VARCHAR(2), 
	subject TEXT NOT NULL, 
	body TEXT NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_attempt_at VARCHAR(32), 
	problem TEXT, 
	created_at VARCHAR(32) NOT NULL, 
	updated_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (position), 
	UNIQUE (id), 
	FOREIGN KEY(message_id) REFERENCES message (id), 
	FOREIGN KEY(subscription_id) REFERENCES subscription (id)
);
CREATE TABLE attempt (
	position INTEGER NOT NULL, 
	delivery_id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	started_at VARCHAR(32) NOT NULL, 
	finished_at VARCHAR(32), 
	outcome VARCHAR(20), 
	detail TEXT, 
	PRIMARY KEY (position), 
	CONSTRAINT attempt_number UNIQUE (delivery_id, number), 
	FOREIGN KEY(delivery_id) REFERENCES delivery (id)
);
CREATE TABLE forgotten_subject (
	erasure_id VARCHAR(36) NOT NULL, 
	account_id VARCHAR(80) NOT NULL, 
	marks JSON NOT NULL, 
	noted_at VARCHAR(32) NOT NULL, 
	progress JSON NOT NULL, 
	removed JSON NOT NULL, 
	finished_at VARCHAR(32), 
	PRIMARY KEY (erasure_id)
);
CREATE INDEX outbox_unpublished ON outbox (published_at, position);
CREATE INDEX dead_letter_state ON dead_letter (state, id);
CREATE INDEX message_inbox ON message (account_id, happened_at, position);
CREATE INDEX message_application ON message (application_id);
CREATE INDEX delivery_due ON delivery (channel, status, next_attempt_at);
CREATE INDEX delivery_message ON delivery (message_id);
CREATE INDEX delivery_subscription ON delivery (subscription_id, position);
CREATE INDEX delivery_account ON delivery (account_id);
CREATE INDEX attempt_open ON attempt (finished_at);
CREATE INDEX forgotten_subject_account ON forgotten_subject (account_id);
CREATE INDEX dead_letter_message ON dead_letter (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (consumer, message_id) WHERE state IN ('waiting', 'unreadable');
INSERT INTO alembic_version VALUES ('0005');

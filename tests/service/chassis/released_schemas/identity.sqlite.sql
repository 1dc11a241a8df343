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
CREATE TABLE account (
	id VARCHAR(36) NOT NULL, 
	username VARCHAR(80) NOT NULL, 
	citizen_number VARCHAR(12), 
	full_name TEXT NOT NULL, 
	birth_date DATE, 
	phone VARCHAR(20), 
	email VARCHAR(254), 
	language VARCHAR(2) NOT NULL, 
	roles JSON NOT NULL, 
	password_hash TEXT NOT NULL, 
	password_changed_at VARCHAR(32) NOT NULL, 
	otp_sealed_secret TEXT, 
	otp_pending_secret TEXT, 
	otp_confirmed_at VARCHAR(32), 
	otp_last_step INTEGER, 
	registered_at VARCHAR(32) NOT NULL, erased_at VARCHAR(32), 
	PRIMARY KEY (id), 
	UNIQUE (username), 
	UNIQUE (citizen_number)
);
CREATE TABLE service_client (
	client_id VARCHAR(80) NOT NULL, 
	secret_hash TEXT NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	secret_changed_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (client_id)
);
CREATE TABLE sign_in_attempt (
	username_digest VARCHAR(64) NOT NULL, 
	failures INTEGER NOT NULL, 
	last_at VARCHAR(32) NOT NULL, 
	delayed_until VARCHAR(32), 
	PRIMARY KEY (username_digest)
);
CREATE TABLE sign_in_session (
	position INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	account_id VARCHAR(36) NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	last_used_at VARCHAR(32) NOT NULL, 
	expires_at VARCHAR(32) NOT NULL, 
	revoked_at VARCHAR(32), 
	revoked_because VARCHAR(40), 
	PRIMARY KEY (position), 
	UNIQUE (id), 
	FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE TABLE refresh_token (
	digest VARCHAR(64) NOT NULL, 
	session_id VARCHAR(36) NOT NULL, 
	issued_at VARCHAR(32) NOT NULL, 
	expires_at VARCHAR(32) NOT NULL, 
	used_at VARCHAR(32), 
	PRIMARY KEY (digest), 
	FOREIGN KEY(session_id) REFERENCES sign_in_session (id)
);
CREATE TABLE agency (
	code VARCHAR(40) NOT NULL, 
	name TEXT NOT NULL, 
	parent_code VARCHAR(40), 
	province_code VARCHAR(10), 
	created_at VARCHAR(32) NOT NULL, 
	created_by VARCHAR(80) NOT NULL, 
	PRIMARY KEY (code), 
	FOREIGN KEY(parent_code) REFERENCES agency (code)
);
CREATE TABLE appointment (
	position INTEGER NOT NULL, 
	account_id VARCHAR(36) NOT NULL, 
	agency_code VARCHAR(40) NOT NULL, 
	roles JSON NOT NULL, 
	appointed_at VARCHAR(32) NOT NULL, 
	appointed_by VARCHAR(80) NOT NULL, 
	dismissed_at VARCHAR(32), 
	dismissed_by VARCHAR(80), 
	PRIMARY KEY (position), 
	FOREIGN KEY(account_id) REFERENCES account (id), 
	FOREIGN KEY(agency_code) REFERENCES agency (code)
);
CREATE TABLE delegation (
	position INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	principal_id VARCHAR(36) NOT NULL, 
	delegate_id VARCHAR(36) NOT NULL, 
	scope JSON NOT NULL, 
	granted_at VARCHAR(32) NOT NULL, 
	until VARCHAR(32) NOT NULL, 
	revoked_at VARCHAR(32), 
	revoked_by VARCHAR(36), 
	PRIMARY KEY (position), 
	UNIQUE (id), 
	FOREIGN KEY(principal_id) REFERENCES account (id), 
	FOREIGN KEY(delegate_id) REFERENCES account (id)
);
CREATE TABLE access_entry (
	position INTEGER NOT NULL, 
	event_id VARCHAR(120) NOT NULL, 
	subject_id VARCHAR(80) NOT NULL, 
	reader_id VARCHAR(80) NOT NULL, 
	role VARCHAR(40), 
	agency_code VARCHAR(40), 
	purpose TEXT NOT NULL, 
	application_id VARCHAR(36), 
	reference VARCHAR(80), 
	procedure_code VARCHAR(80), 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (position), 
	UNIQUE (event_id)
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
CREATE INDEX ix_sign_in_attempt_last_at ON sign_in_attempt (last_at);
CREATE INDEX ix_sign_in_session_account_id ON sign_in_session (account_id);
CREATE INDEX ix_sign_in_session_expires_at ON sign_in_session (expires_at);
CREATE INDEX ix_refresh_token_session_id ON refresh_token (session_id);
CREATE UNIQUE INDEX appointment_current ON appointment (account_id, agency_code) WHERE dismissed_at IS NULL;
CREATE INDEX ix_delegation_principal_id ON delegation (principal_id);
CREATE INDEX ix_delegation_delegate_id ON delegation (delegate_id);
CREATE INDEX access_entry_of_subject ON access_entry (subject_id, position);
CREATE INDEX forgotten_subject_account ON forgotten_subject (account_id);
CREATE INDEX dead_letter_message ON dead_letter (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (consumer, message_id) WHERE state IN ('waiting', 'unreadable');
INSERT INTO alembic_version VALUES ('0004');

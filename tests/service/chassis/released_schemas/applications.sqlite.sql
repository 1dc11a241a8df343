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
CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB, PRIMARY KEY (originator_id, originator_version));
CREATE TABLE party (
	application_id VARCHAR(36) NOT NULL, 
	applicant_id VARCHAR(80) NOT NULL, 
	name TEXT NOT NULL, 
	started_by VARCHAR(80) NOT NULL, 
	PRIMARY KEY (application_id)
);
CREATE TABLE answer_set (
	answers_id VARCHAR(36) NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	value JSON NOT NULL, 
	salt BLOB NOT NULL, 
	PRIMARY KEY (answers_id)
);
CREATE TABLE statement (
	statement_id VARCHAR(36) NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	words TEXT NOT NULL, 
	salt BLOB NOT NULL, 
	PRIMARY KEY (statement_id)
);
CREATE TABLE paper (
	paper_id VARCHAR(36) NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	applicant_id VARCHAR(80) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	requirement VARCHAR(120) NOT NULL, 
	facts JSON NOT NULL, 
	sha256 VARCHAR(64), 
	salt BLOB NOT NULL, 
	added_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (paper_id)
);
CREATE TABLE procedure_copy (
	code VARCHAR(80) NOT NULL, 
	version INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	definition JSON NOT NULL, 
	kept_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (code, version)
);
CREATE TABLE running_number (
	sequence VARCHAR(160) NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (sequence)
);
CREATE TABLE told_once (
	application_id VARCHAR(36) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	due_at VARCHAR(32) NOT NULL, 
	told_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (application_id, kind, due_at)
);
CREATE TABLE erasure (
	erasure_id VARCHAR(36) NOT NULL, 
	account_id VARCHAR(80) NOT NULL, 
	legal_basis TEXT NOT NULL, 
	asked_by VARCHAR(80) NOT NULL, 
	asked_at VARCHAR(32) NOT NULL, 
	confirmed_by VARCHAR(80), 
	confirmed_at VARCHAR(32), 
	finished_at VARCHAR(32), 
	report JSON NOT NULL, 
	PRIMARY KEY (erasure_id)
);
CREATE TABLE application_view (
	application_id VARCHAR(36) NOT NULL, 
	version INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	reference VARCHAR(80) NOT NULL, 
	tracking_digest VARCHAR(64) NOT NULL, 
	procedure_code VARCHAR(80) NOT NULL, 
	procedure_version INTEGER NOT NULL, 
	agency_code VARCHAR(40) NOT NULL, 
	province VARCHAR(40) NOT NULL, 
	applicant_id VARCHAR(80) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	level INTEGER NOT NULL, 
	status VARCHAR(32) NOT NULL, 
	official_status INTEGER, 
	officer_id VARCHAR(80), 
	receipt_number VARCHAR(80), 
	started_at VARCHAR(32) NOT NULL, 
	submitted_at VARCHAR(32), 
	month VARCHAR(7), 
	accepted_at VARCHAR(32), 
	promised_at VARCHAR(32), 
	due_at VARCHAR(32), 
	last_due_at VARCHAR(32), 
	pauses INTEGER NOT NULL, 
	paused_at VARCHAR(32), 
	answer_by VARCHAR(32), 
	answer_bys JSON NOT NULL, 
	ended_at VARCHAR(32), 
	punctuality VARCHAR(8), 
	returned_at VARCHAR(32), 
	proposed BOOLEAN NOT NULL, 
	appealed BOOLEAN NOT NULL, 
	supplements INTEGER NOT NULL, 
	delivery VARCHAR(16), 
	stars INTEGER, 
	erased BOOLEAN NOT NULL, 
	updated_at VARCHAR(32) NOT NULL, handled_by VARCHAR(80), handled_at VARCHAR(32), 
	PRIMARY KEY (application_id)
);
CREATE TABLE audit_leaf (
	leaf_index INTEGER NOT NULL, 
	notification_id INTEGER NOT NULL, 
	leaf BLOB NOT NULL, 
	PRIMARY KEY (leaf_index), 
	UNIQUE (notification_id)
);
CREATE TABLE audit_node (
	height INTEGER NOT NULL, 
	node_index INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	PRIMARY KEY (height, node_index)
);
CREATE TABLE audit_checkpoint (
	tree_size INTEGER NOT NULL, 
	note TEXT NOT NULL, 
	sealed_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (tree_size)
);
CREATE TABLE audit_cosignature (
	tree_size INTEGER NOT NULL, 
	witness VARCHAR(200) NOT NULL, 
	lines TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (tree_size, witness)
);
CREATE TABLE audit_key (
	verifier_key VARCHAR(300) NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	PRIMARY KEY (verifier_key)
);
CREATE TABLE audit_finding (
	number INTEGER NOT NULL, 
	finding_id VARCHAR(32) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	said JSON NOT NULL, 
	found_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (finding_id)
);
CREATE TABLE calendar_change (
	number INTEGER NOT NULL, 
	day DATE NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	was_working BOOLEAN NOT NULL, 
	is_working BOOLEAN NOT NULL, 
	calendar_version VARCHAR(60) NOT NULL, 
	heard_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (number)
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
CREATE TABLE erasure_answer (
	erasure_id VARCHAR(36) NOT NULL, 
	service VARCHAR(40) NOT NULL, 
	removed JSON NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (erasure_id, service)
);
CREATE TABLE agency_seat (
	agency_code VARCHAR(40) NOT NULL, 
	province_code VARCHAR(10), 
	PRIMARY KEY (agency_code)
);
CREATE TABLE blob_under_way (
	sha256 VARCHAR(64) NOT NULL, 
	applicant_id VARCHAR(80) NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	PRIMARY KEY (sha256, applicant_id)
);
CREATE INDEX outbox_unpublished ON outbox (published_at, position);
CREATE INDEX dead_letter_state ON dead_letter (state, id);
CREATE TRIGGER events_are_kept_update BEFORE UPDATE ON stored_events BEGIN SELECT RAISE(ABORT, 'recorded events are never changed or removed'); END;
CREATE TRIGGER events_are_kept_delete BEFORE DELETE ON stored_events BEGIN SELECT RAISE(ABORT, 'recorded events are never changed or removed'); END;
CREATE INDEX ix_party_applicant_id ON party (applicant_id);
CREATE INDEX ix_answer_set_application_id ON answer_set (application_id);
CREATE INDEX ix_statement_application_id ON statement (application_id);
CREATE INDEX ix_paper_applicant_id ON paper (applicant_id);
CREATE INDEX ix_paper_application_id ON paper (application_id);
CREATE INDEX ix_paper_sha256 ON paper (sha256);
CREATE INDEX ix_erasure_account_id ON erasure (account_id);
CREATE INDEX application_view_reference ON application_view (reference);
CREATE INDEX application_view_applicant ON application_view (applicant_id, started_at);
CREATE INDEX application_view_queue ON application_view (agency_code, status, due_at);
CREATE INDEX application_view_due ON application_view (due_at);
CREATE INDEX application_view_answer_by ON application_view (answer_by);
CREATE INDEX ix_audit_finding_kind ON audit_finding (kind);
CREATE INDEX ix_audit_finding_application_id ON audit_finding (application_id);
CREATE TRIGGER audit_leaf_is_kept_update BEFORE UPDATE ON audit_leaf BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_leaf_is_kept_delete BEFORE DELETE ON audit_leaf BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_node_is_kept_update BEFORE UPDATE ON audit_node BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_node_is_kept_delete BEFORE DELETE ON audit_node BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_checkpoint_is_kept_update BEFORE UPDATE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_checkpoint_is_kept_delete BEFORE DELETE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_cosignature_is_kept_update BEFORE UPDATE ON audit_cosignature BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_cosignature_is_kept_delete BEFORE DELETE ON audit_cosignature BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_key_is_kept_update BEFORE UPDATE ON audit_key BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_key_is_kept_delete BEFORE DELETE ON audit_key BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_finding_is_kept_update BEFORE UPDATE ON audit_finding BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_finding_is_kept_delete BEFORE DELETE ON audit_finding BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE INDEX forgotten_subject_account ON forgotten_subject (account_id);
CREATE INDEX ix_blob_under_way_applicant_id ON blob_under_way (applicant_id);
CREATE INDEX ix_blob_under_way_since ON blob_under_way (since);
CREATE INDEX dead_letter_message ON dead_letter (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (consumer, message_id) WHERE state IN ('waiting', 'unreadable');
INSERT INTO alembic_version VALUES ('0009');

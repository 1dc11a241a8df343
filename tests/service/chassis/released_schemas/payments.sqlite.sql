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
CREATE TABLE bill (
	application_id VARCHAR(36) NOT NULL, 
	reference VARCHAR(64) NOT NULL, 
	procedure_code VARCHAR(64) NOT NULL, 
	procedure_version INTEGER NOT NULL, 
	agency_code VARCHAR(64) NOT NULL, 
	applicant_id VARCHAR(64) NOT NULL, 
	submitted_by VARCHAR(64) NOT NULL, 
	level INTEGER NOT NULL, 
	quote JSON NOT NULL, 
	pinned_at VARCHAR(32) NOT NULL, erased_at VARCHAR(32), 
	PRIMARY KEY (application_id)
);
CREATE TABLE demand (
	id VARCHAR(36) NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	origin VARCHAR(160) NOT NULL, 
	collected_at VARCHAR(16) NOT NULL, 
	items JSON NOT NULL, 
	amount BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	standing VARCHAR(16) NOT NULL, 
	booked BOOLEAN NOT NULL, 
	reason TEXT, 
	legal_basis TEXT, 
	payment_id VARCHAR(36), 
	raised_at VARCHAR(32) NOT NULL, 
	closed_at VARCHAR(32), 
	closed_by VARCHAR(64), 
	PRIMARY KEY (id), 
	UNIQUE (application_id, origin), 
	FOREIGN KEY(application_id) REFERENCES bill (application_id)
);
CREATE TABLE payment (
	id VARCHAR(36) NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	agency_code VARCHAR(64) NOT NULL, 
	order_ref VARCHAR(32) NOT NULL, 
	method VARCHAR(16) NOT NULL, 
	amount BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	demand_ids JSON NOT NULL, 
	state VARCHAR(24) NOT NULL, 
	started_by VARCHAR(64) NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	expires_at VARCHAR(32), 
	check_at VARCHAR(32), 
	redirect_url TEXT, 
	qr_payload TEXT, 
	transaction_no VARCHAR(64), 
	receipt_book_number VARCHAR(64), 
	failure_code VARCHAR(32), 
	settled_at VARCHAR(32), 
	surplus BOOLEAN NOT NULL, 
	refunded BIGINT NOT NULL, 
	reconciled_at VARCHAR(32), 
	PRIMARY KEY (id), 
	UNIQUE (agency_code, receipt_book_number), 
	UNIQUE (method, transaction_no), 
	FOREIGN KEY(application_id) REFERENCES bill (application_id), 
	UNIQUE (order_ref)
);
CREATE TABLE payment_event (
	payment_id VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	topic VARCHAR(64) NOT NULL, 
	from_state VARCHAR(24) NOT NULL, 
	to_state VARCHAR(24) NOT NULL, 
	"by" VARCHAR(64) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	facts JSON NOT NULL, 
	PRIMARY KEY (payment_id, sequence), 
	FOREIGN KEY(payment_id) REFERENCES payment (id)
);
CREATE TABLE notice (
	id INTEGER NOT NULL, 
	gateway VARCHAR(16) NOT NULL, 
	order_ref VARCHAR(120), 
	parameters JSON NOT NULL, 
	received_at VARCHAR(32) NOT NULL, 
	answer VARCHAR(8), 
	verdict VARCHAR(64), 
	PRIMARY KEY (id)
);
CREATE TABLE ledger_entry (
	id INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	subject_id VARCHAR(36) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE ledger_row (
	entry_id INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	account VARCHAR(100) NOT NULL, 
	amount BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (entry_id, line), 
	FOREIGN KEY(entry_id) REFERENCES ledger_entry (id)
);
CREATE TABLE receipt_series (
	series VARCHAR(80) NOT NULL, 
	next_number INTEGER NOT NULL, 
	PRIMARY KEY (series)
);
CREATE TABLE receipt (
	payment_id VARCHAR(36) NOT NULL, 
	series VARCHAR(80) NOT NULL, 
	number INTEGER NOT NULL, 
	issued_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (payment_id), 
	UNIQUE (series, number), 
	FOREIGN KEY(payment_id) REFERENCES payment (id)
);
CREATE TABLE refund (
	id VARCHAR(36) NOT NULL, 
	payment_id VARCHAR(36) NOT NULL, 
	amount BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	reason TEXT NOT NULL, 
	returns_to VARCHAR(24) NOT NULL, 
	state VARCHAR(24) NOT NULL, 
	requested_by VARCHAR(64) NOT NULL, 
	requested_at VARCHAR(32) NOT NULL, 
	decided_by VARCHAR(64), 
	decided_at VARCHAR(32), 
	settled_at VARCHAR(32), 
	check_at VARCHAR(32), 
	last_answer VARCHAR(200), rejections INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(payment_id) REFERENCES payment (id)
);
CREATE TABLE reconciliation (
	id VARCHAR(36) NOT NULL, 
	gateway VARCHAR(16) NOT NULL, 
	"by" VARCHAR(64) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	statement JSON NOT NULL, 
	outcome JSON NOT NULL, 
	PRIMARY KEY (id)
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
CREATE INDEX ix_bill_applicant_id ON bill (applicant_id);
CREATE INDEX ix_payment_application_id ON payment (application_id);
CREATE INDEX ix_payment_state ON payment (state);
CREATE INDEX payment_to_check ON payment (check_at);
CREATE INDEX ix_notice_order_ref ON notice (order_ref);
CREATE INDEX ix_ledger_entry_application_id ON ledger_entry (application_id);
CREATE INDEX ix_ledger_entry_subject_id ON ledger_entry (subject_id);
CREATE INDEX ledger_row_account ON ledger_row (account, entry_id);
CREATE INDEX ix_refund_payment_id ON refund (payment_id);
CREATE INDEX ix_refund_state ON refund (state);
CREATE INDEX forgotten_subject_account ON forgotten_subject (account_id);
CREATE INDEX dead_letter_message ON dead_letter (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (consumer, message_id) WHERE state IN ('waiting', 'unreadable');
INSERT INTO alembic_version VALUES ('0005');

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
CREATE TABLE procedure (
	code VARCHAR(40) NOT NULL, 
	versions INTEGER NOT NULL, 
	uses INTEGER NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (code)
);
CREATE TABLE procedure_version (
	code VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	effective_from DATE NOT NULL, 
	effective_until DATE, 
	retired BOOLEAN NOT NULL, 
	definition JSON NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	created_by VARCHAR(80) NOT NULL, 
	created_at VARCHAR(32) NOT NULL, 
	published_at VARCHAR(32), 
	findings JSON NOT NULL, 
	PRIMARY KEY (code, version), 
	FOREIGN KEY(code) REFERENCES procedure (code)
);
CREATE TABLE procedure_change (
	id INTEGER NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	version INTEGER, 
	act VARCHAR(30) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	by_account VARCHAR(80) NOT NULL, 
	by_name VARCHAR(200) NOT NULL, 
	reason TEXT, 
	facts JSON NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE field (
	code VARCHAR(80) NOT NULL, 
	name_vi VARCHAR(300) NOT NULL, 
	name_en VARCHAR(300) NOT NULL, 
	PRIMARY KEY (code)
);
CREATE TABLE search_entry (
	id INTEGER NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	effective_from DATE NOT NULL, 
	effective_until DATE, 
	title TEXT NOT NULL, 
	accented TEXT NOT NULL, 
	words TEXT NOT NULL, 
	length INTEGER NOT NULL, 
	uses INTEGER NOT NULL, 
	level INTEGER NOT NULL, 
	summary JSON NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE search_facet (
	entry_id INTEGER NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	value VARCHAR(80) NOT NULL, 
	PRIMARY KEY (entry_id, kind, value), 
	FOREIGN KEY(entry_id) REFERENCES search_entry (id)
);
CREATE TABLE search_word (
	word VARCHAR(60) NOT NULL, 
	entries INTEGER NOT NULL, 
	PRIMARY KEY (word)
);
CREATE TABLE calendar_day (
	id INTEGER NOT NULL, 
	day DATE NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	reason TEXT NOT NULL, 
	known_at VARCHAR(32) NOT NULL, 
	by_account VARCHAR(80) NOT NULL, 
	by_name VARCHAR(200) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE agency (
	code VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_until DATE, 
	name_vi VARCHAR(300) NOT NULL, 
	name_en VARCHAR(300) NOT NULL, 
	parent_code VARCHAR(40), 
	province_code VARCHAR(10), 
	merged_into VARCHAR(40), 
	legal_basis TEXT, 
	PRIMARY KEY (code, valid_from)
);
CREATE VIRTUAL TABLE search_text USING fts5(words, content='', tokenize="unicode61 remove_diacritics 0");
CREATE TABLE procedure_draft (
	code VARCHAR(40) NOT NULL, 
	revision INTEGER NOT NULL, 
	based_on INTEGER NOT NULL, 
	definition JSON NOT NULL, 
	fingerprint VARCHAR(64), 
	problems JSON NOT NULL, 
	reason TEXT, 
	saved_at VARCHAR(32) NOT NULL, 
	saved_by VARCHAR(80) NOT NULL, 
	saved_by_name VARCHAR(200) NOT NULL, 
	PRIMARY KEY (code), 
	FOREIGN KEY(code) REFERENCES procedure (code)
);
CREATE TABLE agency_change (
	id INTEGER NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	act VARCHAR(30) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	by_account VARCHAR(80) NOT NULL, 
	by_name VARCHAR(200) NOT NULL, 
	reason TEXT, 
	facts JSON NOT NULL, 
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
CREATE INDEX procedure_version_days ON procedure_version (code, effective_from);
CREATE INDEX procedure_change_code ON procedure_change (code, id);
CREATE UNIQUE INDEX search_entry_version ON search_entry (code, version);
CREATE INDEX search_facet_value ON search_facet (kind, value, entry_id);
CREATE INDEX calendar_day_day ON calendar_day (day, id);
CREATE INDEX agency_change_code ON agency_change (code, id);
CREATE INDEX agency_merged_into ON agency (merged_into);
CREATE INDEX agency_province ON agency (province_code);
CREATE INDEX forgotten_subject_account ON forgotten_subject (account_id);
CREATE INDEX dead_letter_message ON dead_letter (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (consumer, message_id) WHERE state IN ('waiting', 'unreadable');
INSERT INTO alembic_version VALUES ('0005');

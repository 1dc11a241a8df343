CREATE TYPE public.stored_event_uuid AS (
	originator_id uuid,
	originator_version bigint,
	topic text,
	state bytea
);
CREATE FUNCTION public.events_are_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            RAISE EXCEPTION 'recorded events are never changed or removed (% on %)', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$;
CREATE TABLE public.agency_seat (
    agency_code character varying(40) NOT NULL,
    province_code character varying(10)
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.answer_set (
    answers_id character varying(36) NOT NULL,
    application_id character varying(36) NOT NULL,
    value json NOT NULL,
    salt bytea NOT NULL
);
CREATE TABLE public.application_view (
    application_id character varying(36) NOT NULL,
    version integer NOT NULL,
    "position" bigint NOT NULL,
    reference character varying(80) NOT NULL,
    tracking_digest character varying(64) NOT NULL,
    procedure_code character varying(80) NOT NULL,
    procedure_version integer NOT NULL,
    agency_code character varying(40) NOT NULL,
    province character varying(40) NOT NULL,
    applicant_id character varying(80) NOT NULL,
    channel character varying(16) NOT NULL,
    level integer NOT NULL,
    status character varying(32) NOT NULL,
    official_status integer,
    officer_id character varying(80),
    receipt_number character varying(80),
    started_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone,
    month character varying(7),
    accepted_at timestamp with time zone,
    promised_at timestamp with time zone,
    due_at timestamp with time zone,
    last_due_at timestamp with time zone,
    pauses integer NOT NULL,
    paused_at timestamp with time zone,
    answer_by timestamp with time zone,
    answer_bys json NOT NULL,
    ended_at timestamp with time zone,
    punctuality character varying(8),
    returned_at timestamp with time zone,
    proposed boolean NOT NULL,
    appealed boolean NOT NULL,
    supplements integer NOT NULL,
    delivery character varying(16),
    stars integer,
    erased boolean NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    handled_by character varying(80),
    handled_at timestamp with time zone
);
CREATE TABLE public.audit_checkpoint (
    tree_size bigint NOT NULL,
    note text NOT NULL,
    sealed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.audit_cosignature (
    tree_size bigint NOT NULL,
    witness character varying(200) NOT NULL,
    lines text NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.audit_finding (
    number bigint NOT NULL,
    finding_id character varying(32) NOT NULL,
    kind character varying(40) NOT NULL,
    application_id character varying(36) NOT NULL,
    said json NOT NULL,
    found_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.audit_finding_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_finding_number_seq OWNED BY public.audit_finding.number;
CREATE TABLE public.audit_key (
    verifier_key character varying(300) NOT NULL,
    since timestamp with time zone NOT NULL
);
CREATE TABLE public.audit_leaf (
    leaf_index bigint NOT NULL,
    notification_id bigint NOT NULL,
    leaf bytea NOT NULL
);
CREATE TABLE public.audit_node (
    height integer NOT NULL,
    node_index bigint NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE public.blob_under_way (
    sha256 character varying(64) NOT NULL,
    applicant_id character varying(80) NOT NULL,
    since timestamp with time zone NOT NULL
);
CREATE TABLE public.calendar_change (
    number bigint NOT NULL,
    day date NOT NULL,
    kind character varying(20) NOT NULL,
    was_working boolean NOT NULL,
    is_working boolean NOT NULL,
    calendar_version character varying(60) NOT NULL,
    heard_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.calendar_change_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.calendar_change_number_seq OWNED BY public.calendar_change.number;
CREATE TABLE public.command_log (
    caller character varying(80) NOT NULL,
    command_id character varying(36) NOT NULL,
    name character varying(80) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    reply json,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.dead_letter (
    id bigint NOT NULL,
    consumer character varying(160) NOT NULL,
    message_id character varying(120) NOT NULL,
    routing json NOT NULL,
    headers json NOT NULL,
    body bytea NOT NULL,
    content_type character varying(80) NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    resolved_at timestamp with time zone,
    resolution text
);
CREATE SEQUENCE public.dead_letter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.dead_letter_id_seq OWNED BY public.dead_letter.id;
CREATE TABLE public.erasure (
    erasure_id character varying(36) NOT NULL,
    account_id character varying(80) NOT NULL,
    legal_basis text NOT NULL,
    asked_by character varying(80) NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    confirmed_by character varying(80),
    confirmed_at timestamp with time zone,
    finished_at timestamp with time zone,
    report json NOT NULL
);
CREATE TABLE public.erasure_answer (
    erasure_id character varying(36) NOT NULL,
    service character varying(40) NOT NULL,
    removed json NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.forgotten_subject (
    erasure_id character varying(36) NOT NULL,
    account_id character varying(80) NOT NULL,
    marks json NOT NULL,
    noted_at timestamp with time zone NOT NULL,
    progress json NOT NULL,
    removed json NOT NULL,
    finished_at timestamp with time zone
);
CREATE TABLE public.inbox (
    consumer character varying(120) NOT NULL,
    message_id character varying(120) NOT NULL,
    handled_at timestamp with time zone NOT NULL
);
CREATE TABLE public.outbox (
    "position" bigint NOT NULL,
    type character varying(80) NOT NULL,
    subject character varying(120) NOT NULL,
    data json NOT NULL,
    at timestamp with time zone NOT NULL,
    call_id character varying(160),
    published_at timestamp with time zone
);
CREATE SEQUENCE public.outbox_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.outbox_position_seq OWNED BY public.outbox."position";
CREATE TABLE public.paper (
    paper_id character varying(36) NOT NULL,
    application_id character varying(36) NOT NULL,
    applicant_id character varying(80) NOT NULL,
    kind character varying(16) NOT NULL,
    requirement character varying(120) NOT NULL,
    facts json NOT NULL,
    sha256 character varying(64),
    salt bytea NOT NULL,
    added_at timestamp with time zone NOT NULL
);
CREATE TABLE public.party (
    application_id character varying(36) NOT NULL,
    applicant_id character varying(80) NOT NULL,
    name text NOT NULL,
    started_by character varying(80) NOT NULL
);
CREATE TABLE public.procedure_copy (
    code character varying(80) NOT NULL,
    version integer NOT NULL,
    digest character varying(64) NOT NULL,
    definition json NOT NULL,
    kept_at timestamp with time zone NOT NULL
);
CREATE TABLE public.relay_position (
    name character varying(80) NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.running_number (
    sequence character varying(160) NOT NULL,
    last bigint NOT NULL
);
CREATE TABLE public.statement (
    statement_id character varying(36) NOT NULL,
    application_id character varying(36) NOT NULL,
    words text NOT NULL,
    salt bytea NOT NULL
);
CREATE TABLE public.stored_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigint NOT NULL
)
WITH (autovacuum_enabled='true', autovacuum_vacuum_threshold='100000000', autovacuum_vacuum_scale_factor='0.5', autovacuum_analyze_threshold='1000', autovacuum_analyze_scale_factor='0.01');
CREATE SEQUENCE public.stored_events_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.stored_events_notification_id_seq OWNED BY public.stored_events.notification_id;
CREATE TABLE public.told_once (
    application_id character varying(36) NOT NULL,
    kind character varying(40) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.audit_finding ALTER COLUMN number SET DEFAULT nextval('public.audit_finding_number_seq'::regclass);
ALTER TABLE ONLY public.calendar_change ALTER COLUMN number SET DEFAULT nextval('public.calendar_change_number_seq'::regclass);
ALTER TABLE ONLY public.dead_letter ALTER COLUMN id SET DEFAULT nextval('public.dead_letter_id_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN "position" SET DEFAULT nextval('public.outbox_position_seq'::regclass);
ALTER TABLE ONLY public.stored_events ALTER COLUMN notification_id SET DEFAULT nextval('public.stored_events_notification_id_seq'::regclass);
ALTER TABLE ONLY public.agency_seat
    ADD CONSTRAINT agency_seat_pkey PRIMARY KEY (agency_code);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.answer_set
    ADD CONSTRAINT answer_set_pkey PRIMARY KEY (answers_id);
ALTER TABLE ONLY public.application_view
    ADD CONSTRAINT application_view_pkey PRIMARY KEY (application_id);
ALTER TABLE ONLY public.audit_checkpoint
    ADD CONSTRAINT audit_checkpoint_pkey PRIMARY KEY (tree_size);
ALTER TABLE ONLY public.audit_cosignature
    ADD CONSTRAINT audit_cosignature_pkey PRIMARY KEY (tree_size, witness);
ALTER TABLE ONLY public.audit_finding
    ADD CONSTRAINT audit_finding_finding_id_key UNIQUE (finding_id);
ALTER TABLE ONLY public.audit_finding
    ADD CONSTRAINT audit_finding_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.audit_key
    ADD CONSTRAINT audit_key_pkey PRIMARY KEY (verifier_key);
ALTER TABLE ONLY public.audit_leaf
    ADD CONSTRAINT audit_leaf_notification_id_key UNIQUE (notification_id);
ALTER TABLE ONLY public.audit_leaf
    ADD CONSTRAINT audit_leaf_pkey PRIMARY KEY (leaf_index);
ALTER TABLE ONLY public.audit_node
    ADD CONSTRAINT audit_node_pkey PRIMARY KEY (height, node_index);
ALTER TABLE ONLY public.blob_under_way
    ADD CONSTRAINT blob_under_way_pkey PRIMARY KEY (sha256, applicant_id);
ALTER TABLE ONLY public.calendar_change
    ADD CONSTRAINT calendar_change_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.command_log
    ADD CONSTRAINT command_log_pkey PRIMARY KEY (caller, command_id);
ALTER TABLE ONLY public.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.erasure_answer
    ADD CONSTRAINT erasure_answer_pkey PRIMARY KEY (erasure_id, service);
ALTER TABLE ONLY public.erasure
    ADD CONSTRAINT erasure_pkey PRIMARY KEY (erasure_id);
ALTER TABLE ONLY public.forgotten_subject
    ADD CONSTRAINT forgotten_subject_pkey PRIMARY KEY (erasure_id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.paper
    ADD CONSTRAINT paper_pkey PRIMARY KEY (paper_id);
ALTER TABLE ONLY public.party
    ADD CONSTRAINT party_pkey PRIMARY KEY (application_id);
ALTER TABLE ONLY public.procedure_copy
    ADD CONSTRAINT procedure_copy_pkey PRIMARY KEY (code, version);
ALTER TABLE ONLY public.relay_position
    ADD CONSTRAINT relay_position_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.running_number
    ADD CONSTRAINT running_number_pkey PRIMARY KEY (sequence);
ALTER TABLE ONLY public.statement
    ADD CONSTRAINT statement_pkey PRIMARY KEY (statement_id);
ALTER TABLE ONLY public.stored_events
    ADD CONSTRAINT stored_events_pkey PRIMARY KEY (originator_id, originator_version);
ALTER TABLE ONLY public.told_once
    ADD CONSTRAINT told_once_pkey PRIMARY KEY (application_id, kind, due_at);
CREATE INDEX application_view_answer_by ON public.application_view USING btree (answer_by);
CREATE INDEX application_view_applicant ON public.application_view USING btree (applicant_id, started_at);
CREATE INDEX application_view_due ON public.application_view USING btree (due_at);
CREATE INDEX application_view_queue ON public.application_view USING btree (agency_code, status, due_at);
CREATE INDEX application_view_reference ON public.application_view USING btree (reference);
CREATE INDEX dead_letter_message ON public.dead_letter USING btree (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON public.dead_letter USING btree (consumer, message_id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'unreadable'::character varying])::text[]));
CREATE INDEX dead_letter_state ON public.dead_letter USING btree (state, id);
CREATE INDEX forgotten_subject_account ON public.forgotten_subject USING btree (account_id);
CREATE INDEX ix_answer_set_application_id ON public.answer_set USING btree (application_id);
CREATE INDEX ix_audit_finding_application_id ON public.audit_finding USING btree (application_id);
CREATE INDEX ix_audit_finding_kind ON public.audit_finding USING btree (kind);
CREATE INDEX ix_blob_under_way_applicant_id ON public.blob_under_way USING btree (applicant_id);
CREATE INDEX ix_blob_under_way_since ON public.blob_under_way USING btree (since);
CREATE INDEX ix_erasure_account_id ON public.erasure USING btree (account_id);
CREATE INDEX ix_paper_applicant_id ON public.paper USING btree (applicant_id);
CREATE INDEX ix_paper_application_id ON public.paper USING btree (application_id);
CREATE INDEX ix_paper_sha256 ON public.paper USING btree (sha256);
CREATE INDEX ix_party_applicant_id ON public.party USING btree (applicant_id);
CREATE INDEX ix_statement_application_id ON public.statement USING btree (application_id);
CREATE INDEX outbox_unpublished ON public.outbox USING btree (published_at, "position");
CREATE UNIQUE INDEX stored_events_notification_id_idx ON public.stored_events USING btree (notification_id);
CREATE TRIGGER audit_checkpoint_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION public.events_are_kept();
CREATE TRIGGER audit_cosignature_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_cosignature FOR EACH STATEMENT EXECUTE FUNCTION public.events_are_kept();
CREATE TRIGGER audit_finding_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_finding FOR EACH STATEMENT EXECUTE FUNCTION public.events_are_kept();
CREATE TRIGGER audit_key_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_key FOR EACH STATEMENT EXECUTE FUNCTION public.events_are_kept();
CREATE TRIGGER audit_leaf_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_leaf FOR EACH STATEMENT EXECUTE FUNCTION public.events_are_kept();
CREATE TRIGGER audit_node_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_node FOR EACH STATEMENT EXECUTE FUNCTION public.events_are_kept();
CREATE TRIGGER events_are_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON public.stored_events FOR EACH STATEMENT EXECUTE FUNCTION public.events_are_kept();
INSERT INTO public.alembic_version VALUES ('0009');

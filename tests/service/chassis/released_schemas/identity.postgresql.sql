CREATE TABLE public.access_entry (
    "position" bigint NOT NULL,
    event_id character varying(120) NOT NULL,
    subject_id character varying(80) NOT NULL,
    reader_id character varying(80) NOT NULL,
    role character varying(40),
    agency_code character varying(40),
    purpose text NOT NULL,
    application_id character varying(36),
    reference character varying(80),
    procedure_code character varying(80),
    at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.access_entry_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.access_entry_position_seq OWNED BY public.access_entry."position";
CREATE TABLE public.account (
    id character varying(36) NOT NULL,
    username character varying(80) NOT NULL,
    citizen_number character varying(12),
    full_name text NOT NULL,
    birth_date date,
    phone character varying(20),
    email character varying(254),
    language character varying(2) NOT NULL,
    roles json NOT NULL,
    password_hash text NOT NULL,
    password_changed_at timestamp with time zone NOT NULL,
    otp_sealed_secret text,
    otp_pending_secret text,
    otp_confirmed_at timestamp with time zone,
    otp_last_step bigint,
    registered_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone
);
CREATE TABLE public.agency (
    code character varying(40) NOT NULL,
    name text NOT NULL,
    parent_code character varying(40),
    province_code character varying(10),
    created_at timestamp with time zone NOT NULL,
    created_by character varying(80) NOT NULL
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.appointment (
    "position" bigint NOT NULL,
    account_id character varying(36) NOT NULL,
    agency_code character varying(40) NOT NULL,
    roles json NOT NULL,
    appointed_at timestamp with time zone NOT NULL,
    appointed_by character varying(80) NOT NULL,
    dismissed_at timestamp with time zone,
    dismissed_by character varying(80)
);
CREATE SEQUENCE public.appointment_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.appointment_position_seq OWNED BY public.appointment."position";
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
CREATE TABLE public.delegation (
    "position" bigint NOT NULL,
    id character varying(36) NOT NULL,
    principal_id character varying(36) NOT NULL,
    delegate_id character varying(36) NOT NULL,
    scope json NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_by character varying(36)
);
CREATE SEQUENCE public.delegation_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.delegation_position_seq OWNED BY public.delegation."position";
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
CREATE TABLE public.refresh_token (
    digest character varying(64) NOT NULL,
    session_id character varying(36) NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);
CREATE TABLE public.relay_position (
    name character varying(80) NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.service_client (
    client_id character varying(80) NOT NULL,
    secret_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    secret_changed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.sign_in_attempt (
    username_digest character varying(64) NOT NULL,
    failures integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    delayed_until timestamp with time zone
);
CREATE TABLE public.sign_in_session (
    "position" bigint NOT NULL,
    id character varying(36) NOT NULL,
    account_id character varying(36) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_because character varying(40)
);
CREATE SEQUENCE public.sign_in_session_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.sign_in_session_position_seq OWNED BY public.sign_in_session."position";
ALTER TABLE ONLY public.access_entry ALTER COLUMN "position" SET DEFAULT nextval('public.access_entry_position_seq'::regclass);
ALTER TABLE ONLY public.appointment ALTER COLUMN "position" SET DEFAULT nextval('public.appointment_position_seq'::regclass);
ALTER TABLE ONLY public.dead_letter ALTER COLUMN id SET DEFAULT nextval('public.dead_letter_id_seq'::regclass);
ALTER TABLE ONLY public.delegation ALTER COLUMN "position" SET DEFAULT nextval('public.delegation_position_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN "position" SET DEFAULT nextval('public.outbox_position_seq'::regclass);
ALTER TABLE ONLY public.sign_in_session ALTER COLUMN "position" SET DEFAULT nextval('public.sign_in_session_position_seq'::regclass);
ALTER TABLE ONLY public.access_entry
    ADD CONSTRAINT access_entry_event_id_key UNIQUE (event_id);
ALTER TABLE ONLY public.access_entry
    ADD CONSTRAINT access_entry_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_citizen_number_key UNIQUE (citizen_number);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_username_key UNIQUE (username);
ALTER TABLE ONLY public.agency
    ADD CONSTRAINT agency_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT appointment_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.command_log
    ADD CONSTRAINT command_log_pkey PRIMARY KEY (caller, command_id);
ALTER TABLE ONLY public.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_id_key UNIQUE (id);
ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.forgotten_subject
    ADD CONSTRAINT forgotten_subject_pkey PRIMARY KEY (erasure_id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.refresh_token
    ADD CONSTRAINT refresh_token_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.relay_position
    ADD CONSTRAINT relay_position_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.service_client
    ADD CONSTRAINT service_client_pkey PRIMARY KEY (client_id);
ALTER TABLE ONLY public.sign_in_attempt
    ADD CONSTRAINT sign_in_attempt_pkey PRIMARY KEY (username_digest);
ALTER TABLE ONLY public.sign_in_session
    ADD CONSTRAINT sign_in_session_id_key UNIQUE (id);
ALTER TABLE ONLY public.sign_in_session
    ADD CONSTRAINT sign_in_session_pkey PRIMARY KEY ("position");
CREATE INDEX access_entry_of_subject ON public.access_entry USING btree (subject_id, "position");
CREATE UNIQUE INDEX appointment_current ON public.appointment USING btree (account_id, agency_code) WHERE (dismissed_at IS NULL);
CREATE INDEX dead_letter_message ON public.dead_letter USING btree (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON public.dead_letter USING btree (consumer, message_id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'unreadable'::character varying])::text[]));
CREATE INDEX dead_letter_state ON public.dead_letter USING btree (state, id);
CREATE INDEX forgotten_subject_account ON public.forgotten_subject USING btree (account_id);
CREATE INDEX ix_delegation_delegate_id ON public.delegation USING btree (delegate_id);
CREATE INDEX ix_delegation_principal_id ON public.delegation USING btree (principal_id);
CREATE INDEX ix_refresh_token_session_id ON public.refresh_token USING btree (session_id);
CREATE INDEX ix_sign_in_attempt_last_at ON public.sign_in_attempt USING btree (last_at);
CREATE INDEX ix_sign_in_session_account_id ON public.sign_in_session USING btree (account_id);
CREATE INDEX ix_sign_in_session_expires_at ON public.sign_in_session USING btree (expires_at);
CREATE INDEX outbox_unpublished ON public.outbox USING btree (published_at, "position");
ALTER TABLE ONLY public.agency
    ADD CONSTRAINT agency_parent_code_fkey FOREIGN KEY (parent_code) REFERENCES public.agency(code);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT appointment_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT appointment_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES public.agency(code);
ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_delegate_id_fkey FOREIGN KEY (delegate_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.refresh_token
    ADD CONSTRAINT refresh_token_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sign_in_session(id);
ALTER TABLE ONLY public.sign_in_session
    ADD CONSTRAINT sign_in_session_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);
INSERT INTO public.alembic_version VALUES ('0004');

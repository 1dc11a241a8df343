CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.bill (
    application_id character varying(36) NOT NULL,
    reference character varying(64) NOT NULL,
    procedure_code character varying(64) NOT NULL,
    procedure_version integer NOT NULL,
    agency_code character varying(64) NOT NULL,
    applicant_id character varying(64) NOT NULL,
    submitted_by character varying(64) NOT NULL,
    level integer NOT NULL,
    quote json NOT NULL,
    pinned_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone
);
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
CREATE TABLE public.demand (
    id character varying(36) NOT NULL,
    application_id character varying(36) NOT NULL,
    origin character varying(160) NOT NULL,
    collected_at character varying(16) NOT NULL,
    items json NOT NULL,
    amount bigint NOT NULL,
    currency character varying(3) NOT NULL,
    standing character varying(16) NOT NULL,
    booked boolean NOT NULL,
    reason text,
    legal_basis text,
    payment_id character varying(36),
    raised_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    closed_by character varying(64)
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
CREATE TABLE public.ledger_entry (
    id bigint NOT NULL,
    kind character varying(32) NOT NULL,
    application_id character varying(36) NOT NULL,
    subject_id character varying(36) NOT NULL,
    currency character varying(3) NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.ledger_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ledger_entry_id_seq OWNED BY public.ledger_entry.id;
CREATE TABLE public.ledger_row (
    entry_id bigint NOT NULL,
    line integer NOT NULL,
    account character varying(100) NOT NULL,
    amount bigint NOT NULL,
    currency character varying(3) NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.notice (
    id bigint NOT NULL,
    gateway character varying(16) NOT NULL,
    order_ref character varying(120),
    parameters json NOT NULL,
    received_at timestamp with time zone NOT NULL,
    answer character varying(8),
    verdict character varying(64)
);
CREATE SEQUENCE public.notice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.notice_id_seq OWNED BY public.notice.id;
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
CREATE TABLE public.payment (
    id character varying(36) NOT NULL,
    application_id character varying(36) NOT NULL,
    agency_code character varying(64) NOT NULL,
    order_ref character varying(32) NOT NULL,
    method character varying(16) NOT NULL,
    amount bigint NOT NULL,
    currency character varying(3) NOT NULL,
    demand_ids json NOT NULL,
    state character varying(24) NOT NULL,
    started_by character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    check_at timestamp with time zone,
    redirect_url text,
    qr_payload text,
    transaction_no character varying(64),
    receipt_book_number character varying(64),
    failure_code character varying(32),
    settled_at timestamp with time zone,
    surplus boolean NOT NULL,
    refunded bigint NOT NULL,
    reconciled_at timestamp with time zone
);
CREATE TABLE public.payment_event (
    payment_id character varying(36) NOT NULL,
    sequence integer NOT NULL,
    topic character varying(64) NOT NULL,
    from_state character varying(24) NOT NULL,
    to_state character varying(24) NOT NULL,
    by character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    facts json NOT NULL
);
CREATE TABLE public.receipt (
    payment_id character varying(36) NOT NULL,
    series character varying(80) NOT NULL,
    number integer NOT NULL,
    issued_at timestamp with time zone NOT NULL
);
CREATE TABLE public.receipt_series (
    series character varying(80) NOT NULL,
    next_number integer NOT NULL
);
CREATE TABLE public.reconciliation (
    id character varying(36) NOT NULL,
    gateway character varying(16) NOT NULL,
    by character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    statement json NOT NULL,
    outcome json NOT NULL
);
CREATE TABLE public.refund (
    id character varying(36) NOT NULL,
    payment_id character varying(36) NOT NULL,
    amount bigint NOT NULL,
    currency character varying(3) NOT NULL,
    reason text NOT NULL,
    returns_to character varying(24) NOT NULL,
    state character varying(24) NOT NULL,
    requested_by character varying(64) NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    decided_by character varying(64),
    decided_at timestamp with time zone,
    settled_at timestamp with time zone,
    check_at timestamp with time zone,
    last_answer character varying(200),
    rejections integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.relay_position (
    name character varying(80) NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.dead_letter ALTER COLUMN id SET DEFAULT nextval('public.dead_letter_id_seq'::regclass);
ALTER TABLE ONLY public.ledger_entry ALTER COLUMN id SET DEFAULT nextval('public.ledger_entry_id_seq'::regclass);
ALTER TABLE ONLY public.notice ALTER COLUMN id SET DEFAULT nextval('public.notice_id_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN "position" SET DEFAULT nextval('public.outbox_position_seq'::regclass);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.bill
    ADD CONSTRAINT bill_pkey PRIMARY KEY (application_id);
ALTER TABLE ONLY public.command_log
    ADD CONSTRAINT command_log_pkey PRIMARY KEY (caller, command_id);
ALTER TABLE ONLY public.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.demand
    ADD CONSTRAINT demand_application_id_origin_key UNIQUE (application_id, origin);
ALTER TABLE ONLY public.demand
    ADD CONSTRAINT demand_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.forgotten_subject
    ADD CONSTRAINT forgotten_subject_pkey PRIMARY KEY (erasure_id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id);
ALTER TABLE ONLY public.ledger_entry
    ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger_row
    ADD CONSTRAINT ledger_row_pkey PRIMARY KEY (entry_id, line);
ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_agency_code_receipt_book_number_key UNIQUE (agency_code, receipt_book_number);
ALTER TABLE ONLY public.payment_event
    ADD CONSTRAINT payment_event_pkey PRIMARY KEY (payment_id, sequence);
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_method_transaction_no_key UNIQUE (method, transaction_no);
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_order_ref_key UNIQUE (order_ref);
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (payment_id);
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_series_number_key UNIQUE (series, number);
ALTER TABLE ONLY public.receipt_series
    ADD CONSTRAINT receipt_series_pkey PRIMARY KEY (series);
ALTER TABLE ONLY public.reconciliation
    ADD CONSTRAINT reconciliation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.relay_position
    ADD CONSTRAINT relay_position_pkey PRIMARY KEY (name);
CREATE INDEX dead_letter_message ON public.dead_letter USING btree (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON public.dead_letter USING btree (consumer, message_id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'unreadable'::character varying])::text[]));
CREATE INDEX dead_letter_state ON public.dead_letter USING btree (state, id);
CREATE INDEX forgotten_subject_account ON public.forgotten_subject USING btree (account_id);
CREATE INDEX ix_bill_applicant_id ON public.bill USING btree (applicant_id);
CREATE INDEX ix_ledger_entry_application_id ON public.ledger_entry USING btree (application_id);
CREATE INDEX ix_ledger_entry_subject_id ON public.ledger_entry USING btree (subject_id);
CREATE INDEX ix_notice_order_ref ON public.notice USING btree (order_ref);
CREATE INDEX ix_payment_application_id ON public.payment USING btree (application_id);
CREATE INDEX ix_payment_state ON public.payment USING btree (state);
CREATE INDEX ix_refund_payment_id ON public.refund USING btree (payment_id);
CREATE INDEX ix_refund_state ON public.refund USING btree (state);
CREATE INDEX ledger_row_account ON public.ledger_row USING btree (account, entry_id);
CREATE INDEX outbox_unpublished ON public.outbox USING btree (published_at, "position");
CREATE INDEX payment_to_check ON public.payment USING btree (check_at);
ALTER TABLE ONLY public.demand
    ADD CONSTRAINT demand_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.bill(application_id);
ALTER TABLE ONLY public.ledger_row
    ADD CONSTRAINT ledger_row_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES public.ledger_entry(id);
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.bill(application_id);
ALTER TABLE ONLY public.payment_event
    ADD CONSTRAINT payment_event_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payment(id);
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payment(id);
ALTER TABLE ONLY public.refund
    ADD CONSTRAINT refund_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payment(id);
INSERT INTO public.alembic_version VALUES ('0005');

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.attempt (
    "position" bigint NOT NULL,
    delivery_id character varying(36) NOT NULL,
    number integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    outcome character varying(20),
    detail text
);
CREATE SEQUENCE public.attempt_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.attempt_position_seq OWNED BY public.attempt."position";
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
CREATE TABLE public.delivery (
    "position" bigint NOT NULL,
    id character varying(36) NOT NULL,
    channel character varying(10) NOT NULL,
    account_id character varying(80),
    message_id character varying(36),
    subscription_id character varying(36),
    event_id character varying(120) NOT NULL,
    event_type character varying(80) NOT NULL,
    repeat_of character varying(36),
    recipient text NOT NULL,
    recipient_name text NOT NULL,
    template_version integer,
    language character varying(2),
    subject text NOT NULL,
    body text NOT NULL,
    status character varying(20) NOT NULL,
    attempts integer NOT NULL,
    next_attempt_at timestamp with time zone,
    problem text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.delivery_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.delivery_position_seq OWNED BY public.delivery."position";
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
CREATE TABLE public.message (
    "position" bigint NOT NULL,
    id character varying(36) NOT NULL,
    account_id character varying(80) NOT NULL,
    event_id character varying(120) NOT NULL,
    event_type character varying(80) NOT NULL,
    template_key character varying(60) NOT NULL,
    template_version integer NOT NULL,
    language character varying(2) NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    application_id character varying(36),
    reference character varying(60),
    happened_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone,
    erased_at timestamp with time zone
);
CREATE SEQUENCE public.message_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.message_position_seq OWNED BY public.message."position";
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
CREATE TABLE public.preference (
    account_id character varying(80) NOT NULL,
    email boolean NOT NULL,
    quiet_from character varying(5),
    quiet_until character varying(5),
    updated_at timestamp with time zone NOT NULL,
    sms boolean DEFAULT true NOT NULL
);
CREATE TABLE public.relay_position (
    name character varying(80) NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.subscription (
    id character varying(36) NOT NULL,
    owner character varying(80) NOT NULL,
    url text NOT NULL,
    event_types json NOT NULL,
    secret text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);
CREATE TABLE public.template (
    key character varying(60) NOT NULL,
    channel character varying(10) NOT NULL,
    language character varying(2) NOT NULL,
    version integer NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    published_by character varying(80) NOT NULL
);
ALTER TABLE ONLY public.attempt ALTER COLUMN "position" SET DEFAULT nextval('public.attempt_position_seq'::regclass);
ALTER TABLE ONLY public.dead_letter ALTER COLUMN id SET DEFAULT nextval('public.dead_letter_id_seq'::regclass);
ALTER TABLE ONLY public.delivery ALTER COLUMN "position" SET DEFAULT nextval('public.delivery_position_seq'::regclass);
ALTER TABLE ONLY public.message ALTER COLUMN "position" SET DEFAULT nextval('public.message_position_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN "position" SET DEFAULT nextval('public.outbox_position_seq'::regclass);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_number UNIQUE (delivery_id, number);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.command_log
    ADD CONSTRAINT command_log_pkey PRIMARY KEY (caller, command_id);
ALTER TABLE ONLY public.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_id_key UNIQUE (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.forgotten_subject
    ADD CONSTRAINT forgotten_subject_pkey PRIMARY KEY (erasure_id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_id_key UNIQUE (id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_once UNIQUE (account_id, event_id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.preference
    ADD CONSTRAINT preference_pkey PRIMARY KEY (account_id);
ALTER TABLE ONLY public.relay_position
    ADD CONSTRAINT relay_position_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.template
    ADD CONSTRAINT template_pkey PRIMARY KEY (key, channel, language, version);
CREATE INDEX attempt_open ON public.attempt USING btree (finished_at);
CREATE INDEX dead_letter_message ON public.dead_letter USING btree (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON public.dead_letter USING btree (consumer, message_id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'unreadable'::character varying])::text[]));
CREATE INDEX dead_letter_state ON public.dead_letter USING btree (state, id);
CREATE INDEX delivery_account ON public.delivery USING btree (account_id);
CREATE INDEX delivery_due ON public.delivery USING btree (channel, status, next_attempt_at);
CREATE INDEX delivery_message ON public.delivery USING btree (message_id);
CREATE INDEX delivery_subscription ON public.delivery USING btree (subscription_id, "position");
CREATE INDEX forgotten_subject_account ON public.forgotten_subject USING btree (account_id);
CREATE INDEX message_application ON public.message USING btree (application_id);
CREATE INDEX message_inbox ON public.message USING btree (account_id, happened_at, "position");
CREATE INDEX outbox_unpublished ON public.outbox USING btree (published_at, "position");
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES public.delivery(id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.message(id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_subscription_id_fkey FOREIGN KEY (subscription_id) REFERENCES public.subscription(id);
INSERT INTO public.alembic_version VALUES ('0005');

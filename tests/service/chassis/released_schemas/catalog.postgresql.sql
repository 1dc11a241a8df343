CREATE FUNCTION public.procedure_version_overlap() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM procedure_version one
                JOIN procedure_version other ON other.code = one.code AND other.version > one.version
                WHERE one.code = NEW.code AND one.state = 'published' AND other.state = 'published'
                AND one.effective_from <= COALESCE(other.effective_until, 'infinity')
                AND other.effective_from <= COALESCE(one.effective_until, 'infinity')
            ) THEN
                RAISE EXCEPTION 'versions of % overlap', NEW.code USING ERRCODE = 'exclusion_violation';
            END IF;
            IF TG_OP = 'UPDATE' AND OLD.state = 'published'
                AND (OLD.definition::text <> NEW.definition::text OR OLD.effective_from <> NEW.effective_from)
            THEN
                RAISE EXCEPTION 'a published version of % never changes', NEW.code USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
CREATE TABLE public.agency (
    code character varying(40) NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    name_vi character varying(300) NOT NULL,
    name_en character varying(300) NOT NULL,
    parent_code character varying(40),
    province_code character varying(10),
    merged_into character varying(40),
    legal_basis text
);
CREATE TABLE public.agency_change (
    id bigint NOT NULL,
    code character varying(40) NOT NULL,
    act character varying(30) NOT NULL,
    at timestamp with time zone NOT NULL,
    by_account character varying(80) NOT NULL,
    by_name character varying(200) NOT NULL,
    reason text,
    facts json NOT NULL
);
CREATE SEQUENCE public.agency_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.agency_change_id_seq OWNED BY public.agency_change.id;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.calendar_day (
    id bigint NOT NULL,
    day date NOT NULL,
    kind character varying(20) NOT NULL,
    reason text NOT NULL,
    known_at timestamp with time zone NOT NULL,
    by_account character varying(80) NOT NULL,
    by_name character varying(200) NOT NULL
);
CREATE SEQUENCE public.calendar_day_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.calendar_day_id_seq OWNED BY public.calendar_day.id;
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
CREATE TABLE public.field (
    code character varying(80) NOT NULL,
    name_vi character varying(300) NOT NULL,
    name_en character varying(300) NOT NULL
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
CREATE TABLE public.procedure (
    code character varying(40) NOT NULL,
    versions integer NOT NULL,
    uses integer NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.procedure_change (
    id bigint NOT NULL,
    code character varying(40) NOT NULL,
    version integer,
    act character varying(30) NOT NULL,
    at timestamp with time zone NOT NULL,
    by_account character varying(80) NOT NULL,
    by_name character varying(200) NOT NULL,
    reason text,
    facts json NOT NULL
);
CREATE SEQUENCE public.procedure_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procedure_change_id_seq OWNED BY public.procedure_change.id;
CREATE TABLE public.procedure_draft (
    code character varying(40) NOT NULL,
    revision integer NOT NULL,
    based_on integer NOT NULL,
    definition json NOT NULL,
    fingerprint character varying(64),
    problems json NOT NULL,
    reason text,
    saved_at timestamp with time zone NOT NULL,
    saved_by character varying(80) NOT NULL,
    saved_by_name character varying(200) NOT NULL
);
CREATE TABLE public.procedure_version (
    code character varying(40) NOT NULL,
    version integer NOT NULL,
    state character varying(20) NOT NULL,
    effective_from date NOT NULL,
    effective_until date,
    retired boolean NOT NULL,
    definition json NOT NULL,
    fingerprint character varying(64) NOT NULL,
    created_by character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    findings json NOT NULL
);
CREATE TABLE public.relay_position (
    name character varying(80) NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.search_entry (
    id bigint NOT NULL,
    code character varying(40) NOT NULL,
    version integer NOT NULL,
    effective_from date NOT NULL,
    effective_until date,
    title text NOT NULL,
    accented text NOT NULL,
    words text NOT NULL,
    length integer NOT NULL,
    uses integer NOT NULL,
    level integer NOT NULL,
    summary json NOT NULL,
    vector tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(words), ' '::text))) STORED
);
CREATE SEQUENCE public.search_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.search_entry_id_seq OWNED BY public.search_entry.id;
CREATE TABLE public.search_facet (
    entry_id bigint NOT NULL,
    kind character varying(12) NOT NULL,
    value character varying(80) NOT NULL
);
CREATE TABLE public.search_word (
    word character varying(60) NOT NULL,
    entries integer NOT NULL
);
ALTER TABLE ONLY public.agency_change ALTER COLUMN id SET DEFAULT nextval('public.agency_change_id_seq'::regclass);
ALTER TABLE ONLY public.calendar_day ALTER COLUMN id SET DEFAULT nextval('public.calendar_day_id_seq'::regclass);
ALTER TABLE ONLY public.dead_letter ALTER COLUMN id SET DEFAULT nextval('public.dead_letter_id_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN "position" SET DEFAULT nextval('public.outbox_position_seq'::regclass);
ALTER TABLE ONLY public.procedure_change ALTER COLUMN id SET DEFAULT nextval('public.procedure_change_id_seq'::regclass);
ALTER TABLE ONLY public.search_entry ALTER COLUMN id SET DEFAULT nextval('public.search_entry_id_seq'::regclass);
ALTER TABLE ONLY public.agency_change
    ADD CONSTRAINT agency_change_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.agency
    ADD CONSTRAINT agency_pkey PRIMARY KEY (code, valid_from);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.calendar_day
    ADD CONSTRAINT calendar_day_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.command_log
    ADD CONSTRAINT command_log_pkey PRIMARY KEY (caller, command_id);
ALTER TABLE ONLY public.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.field
    ADD CONSTRAINT field_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.forgotten_subject
    ADD CONSTRAINT forgotten_subject_pkey PRIMARY KEY (erasure_id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.procedure_change
    ADD CONSTRAINT procedure_change_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procedure_draft
    ADD CONSTRAINT procedure_draft_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.procedure
    ADD CONSTRAINT procedure_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.procedure_version
    ADD CONSTRAINT procedure_version_pkey PRIMARY KEY (code, version);
ALTER TABLE ONLY public.relay_position
    ADD CONSTRAINT relay_position_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.search_entry
    ADD CONSTRAINT search_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.search_facet
    ADD CONSTRAINT search_facet_pkey PRIMARY KEY (entry_id, kind, value);
ALTER TABLE ONLY public.search_word
    ADD CONSTRAINT search_word_pkey PRIMARY KEY (word);
CREATE INDEX agency_change_code ON public.agency_change USING btree (code, id);
CREATE INDEX agency_merged_into ON public.agency USING btree (merged_into);
CREATE INDEX agency_province ON public.agency USING btree (province_code);
CREATE INDEX calendar_day_day ON public.calendar_day USING btree (day, id);
CREATE INDEX dead_letter_message ON public.dead_letter USING btree (message_id, state);
CREATE UNIQUE INDEX dead_letter_open ON public.dead_letter USING btree (consumer, message_id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'unreadable'::character varying])::text[]));
CREATE INDEX dead_letter_state ON public.dead_letter USING btree (state, id);
CREATE INDEX forgotten_subject_account ON public.forgotten_subject USING btree (account_id);
CREATE INDEX outbox_unpublished ON public.outbox USING btree (published_at, "position");
CREATE INDEX procedure_change_code ON public.procedure_change USING btree (code, id);
CREATE INDEX procedure_version_days ON public.procedure_version USING btree (code, effective_from);
CREATE INDEX search_entry_code ON public.search_entry USING btree (code text_pattern_ops);
CREATE INDEX search_entry_vector ON public.search_entry USING gin (vector);
CREATE UNIQUE INDEX search_entry_version ON public.search_entry USING btree (code, version);
CREATE INDEX search_facet_value ON public.search_facet USING btree (kind, value, entry_id);
CREATE CONSTRAINT TRIGGER procedure_version_overlap AFTER INSERT OR UPDATE ON public.procedure_version DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.procedure_version_overlap();
ALTER TABLE ONLY public.procedure_draft
    ADD CONSTRAINT procedure_draft_code_fkey FOREIGN KEY (code) REFERENCES public.procedure(code);
ALTER TABLE ONLY public.procedure_version
    ADD CONSTRAINT procedure_version_code_fkey FOREIGN KEY (code) REFERENCES public.procedure(code);
ALTER TABLE ONLY public.search_facet
    ADD CONSTRAINT search_facet_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES public.search_entry(id);
INSERT INTO public.alembic_version VALUES ('0005');

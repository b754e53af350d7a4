-- PostgreSQL database dump

-- Name: btree_gist; Type: EXTENSION; Schema: -; Owner: -

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- Name: EXTENSION btree_gist; Type: COMMENT; Schema: -; Owner: -

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';

-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: -

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

-- Name: everything_changed(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.everything_changed() RETURNS void
    LANGUAGE sql
    AS $$
  insert into outbox (kind) values ('everything');
  select pg_notify('corpintel_outbox', '');
$$;

-- Name: forget_prices(date); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.forget_prices(before date) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  forgotten bigint := forget_prices_untold(before);
begin
  if forgotten > 0 then
    perform everything_changed();
  end if;
  return forgotten;
end
$$;

-- Name: forget_prices_untold(date); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.forget_prices_untold(before date) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  cut date := date_trunc('month', before::timestamp)::date;
  forgotten bigint;
begin
  perform pg_advisory_xact_lock(27988559997267572);
  perform set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
  create temporary table forgotten_days on commit drop as
  select series_id, date from metrics where fact_id is null and date < cut;
  get diagnostics forgotten = row_count;
  delete from metrics where fact_id is null and date < cut;
  if metrics_are_hypertable() then
    insert into metrics_stale (series_id, month)
    select distinct series_id, date_trunc('month', date::timestamp)::date from forgotten_days
    on conflict do nothing;
  else
    delete from metrics_month where bucket < cut;
  end if;
  update series s
  set points = s.points - f.n, first_on = coalesce((select min(m.date) from metrics m where m.series_id = s.id), s.first_on)
  from (select series_id, count(*) as n from forgotten_days group by series_id) f
  where s.id = f.series_id;
  delete from series where points = 0;
  delete from securities y
  where company_id is null and last_seen is null and not exists (select from series s where s.security_id = y.id);
  drop table forgotten_days;
  return forgotten;
end
$$;

-- Name: metrics_are_hypertable(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.metrics_are_hypertable() RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  select relkind = 'v' from pg_class where oid = 'metrics_month'::regclass
$$;

-- Name: metrics_to_plain(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.metrics_to_plain() RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
  if not metrics_are_hypertable() then
    return false;
  end if;
  lock table metrics in access exclusive mode;
  perform delete_job(job_id) from timescaledb_information.jobs where proc_name = 'refresh_metrics_month';
  drop materialized view metrics_month;
  alter table metrics rename to metrics_hypertable;
  alter index metrics_pkey rename to metrics_hypertable_pkey;
  create table metrics (like metrics_hypertable);
  insert into metrics select * from metrics_hypertable order by series_id, date;
  alter table metrics add primary key (series_id, date) include (value);
  drop table metrics_hypertable;
  create table metrics_month (
    series_id bigint not null,
    bucket date not null,
    n bigint not null,
    sum double precision not null,
    min double precision not null,
    max double precision not null,
    first double precision not null,
    last double precision not null,
    primary key (series_id, bucket) include (n, sum, min, max, first, last)
  );
  truncate metrics_stale;
  perform rebuild_metrics_month();
  return true;
end
$$;

-- Name: metrics_to_timescale(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.metrics_to_timescale() RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
  if metrics_are_hypertable() then
    return false;
  elsif why_not_timescale() is not null then
    raise exception '%', why_not_timescale() using errcode = 'feature_not_supported';
  end if;
  lock table metrics, metrics_month in access exclusive mode;
  drop table metrics_month;
  perform create_hypertable('metrics', 'date', chunk_time_interval => interval '365 days',
    create_default_indexes => false, migrate_data => true);
  alter table metrics set (
    timescaledb.compress, timescaledb.compress_segmentby = 'series_id', timescaledb.compress_orderby = 'date desc'
  );
  perform add_compression_policy('metrics', interval '18 months');
  create materialized view metrics_month
  with (timescaledb.continuous, timescaledb.materialized_only = true, timescaledb.create_group_indexes = false) as
  select series_id, time_bucket(interval '1 month', date) as bucket, count(*) as n, sum(value) as sum,
    min(value) as min, max(value) as max, first(value, date) as first, last(value, date) as last
  from metrics
  where fact_id is null
  group by series_id, time_bucket(interval '1 month', date)
  with no data;
  create index on metrics_month (series_id, bucket);
  perform add_job('refresh_metrics_month', interval '1 hour');
  perform rebuild_metrics_month();
  return true;
end
$$;

-- Name: rebuild_metrics_month(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.rebuild_metrics_month() RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  if metrics_are_hypertable() then
    insert into metrics_stale (series_id, month)
    select series_id, date_trunc('month', date::timestamp)::date from metrics where fact_id is null
    union
    select series_id, bucket from metrics_month
    on conflict do nothing;
    return;
  end if;
  delete from metrics_month;
  insert into metrics_month (series_id, bucket, n, sum, min, max, first, last)
  select series_id, bucket, count(*), sum(value), min(value), max(value), (array_agg(value))[1], (array_agg(value))[count(*)]
  from (
    select series_id, date_trunc('month', date::timestamp)::date as bucket, value
    from metrics
    where fact_id is null
    order by series_id, date
  ) m
  group by series_id, bucket
  order by series_id, bucket;
end
$$;

-- Name: rebuild_point_versions(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.rebuild_point_versions() RETURNS void
    LANGUAGE plpgsql
    SET enable_nestloop TO 'off'
    AS $$
begin
  perform set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
  delete from point_versions;
  with classed as (
    select f.company_id, f.concept_id, f.unit, f.period_start, f.period_end, f.filed_on, f.accession, f.value,
      case
        when f.period_start is null then 1
        when f.period_end - f.period_start + 1 between 80 and 120 then 3
        when f.period_end - f.period_start + 1 between 160 and 200 then 4
        when f.period_end - f.period_start + 1 between 245 and 290 then 5
        when f.period_end - f.period_start + 1 between 350 and 380 then 6
      end as class
    from facts f
    where f.filed_on >= f.period_end
  ), daily as materialized (
    select distinct on (s.id, f.period_end, f.filed_on)
      s.id as series_id, f.class, f.period_end as date, f.filed_on, f.accession, f.value
    from classed f
    join definitions d on d.concept_id = f.concept_id and d.unit = f.unit and d.period = f.class
    join series s on s.company_id = f.company_id and s.definition_id = d.id and s.security_id is null
    order by s.id, f.period_end, f.filed_on, f.accession desc, f.period_start desc
  ), close as (
    select series_id, date
    from (
      select series_id, date, lag(date) over ends as before, lead(date) over ends as after
      from (select distinct series_id, date from daily where class in (3, 6)) e
      window ends as (partition by series_id order by date)
    ) e
    where date - before <= 7 or after - date <= 7
  ), dropped as materialized (
    select d.series_id, d.date, d.filed_on, min(n.filed_on) as dropped_on
    from (
      select d.*, date + days as other from close join daily d using (series_id, date) cross join generate_series(-7, 7) as days
      where days <> 0
      offset 0
    ) d
    join daily n on n.series_id = d.series_id and n.date = d.other
      and (n.filed_on, n.accession, n.date) > (d.filed_on, d.accession, d.date)
    group by d.series_id, d.date, d.filed_on
  ), changes as (
    select d.series_id, d.date, d.filed_on as known_from, case when x.dropped_on = d.filed_on then null else d.value end as value
    from daily d
    left join dropped x using (series_id, date, filed_on)
    union all
    select x.series_id, x.date, x.dropped_on, null
    from dropped x
    where x.dropped_on > x.filed_on and not exists (
      select from daily d
      where d.series_id = x.series_id and d.date = x.date and d.filed_on > x.filed_on and d.filed_on <= x.dropped_on
    )
  ), states as materialized (
    select series_id, date, known_from, lead(known_from, 1, 'infinity') over versions as known_to, value
    from (
      select *, lag(value) over (partition by series_id, date order by known_from) as before from changes
    ) c
    where value is distinct from before
    window versions as (partition by series_id, date order by known_from)
  ), current as (
    update metrics m
    set known_from = s.known_from
    from states s
    where s.known_to = 'infinity' and s.value is not null
      and m.series_id = s.series_id and m.date = s.date and m.known_from is distinct from s.known_from
  )
  insert into point_versions (series_id, date, known_from, known_to, value)
  select series_id, date, known_from, known_to, value
  from states
  where known_to < 'infinity' and value is not null
  order by series_id, date, known_from;
end
$$;

-- Name: refresh_metrics_month(integer, jsonb); Type: PROCEDURE; Schema: public; Owner: -

CREATE PROCEDURE public.refresh_metrics_month(IN job_id integer DEFAULT 0, IN config jsonb DEFAULT NULL::jsonb)
    LANGUAGE plpgsql
    AS $$
declare
  before pg_snapshot;
begin
  if not metrics_are_hypertable() then
    return;
  end if;
  before := pg_current_snapshot();
  insert into metrics (series_id, date, value, fact_id)
  select 0, month + 14, 0, 0 from (select distinct month from metrics_stale) s;
  delete from metrics where series_id = 0;
  commit;
  call refresh_continuous_aggregate('metrics_month', null, null);
  delete from metrics_stale
  where pg_visible_in_snapshot(marked_by, before) or marked_by >= pg_snapshot_xmax(pg_current_snapshot());
end
$$;

-- Name: why_not_timescale(); Type: FUNCTION; Schema: public; Owner: -

CREATE FUNCTION public.why_not_timescale() RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
declare
  version int[] := (
    select string_to_array(regexp_replace(extversion, '[^0-9.].*', ''), '.')::int[] from pg_extension where extname = 'timescaledb'
  );
begin
  if version is null then
    return 'the extension timescaledb is not installed in this database';
  elsif version < array[2, 14] then
    return format('timescaledb is %s, and 2.14 or later is needed', array_to_string(version, '.'));
  elsif current_setting('timescaledb.license', true) is null then
    return 'timescaledb is not in shared_preload_libraries';
  elsif current_setting('timescaledb.license') <> 'timescale' then
    return format('timescaledb.license is %s, and timescale is needed', current_setting('timescaledb.license'));
  end if;
  return null;
end
$$;

-- Name: classifications; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.classifications (
    cik bigint,
    symbol text COLLATE pg_catalog."C",
    sector text COLLATE pg_catalog."C",
    industry text COLLATE pg_catalog."C",
    as_of date NOT NULL,
    CONSTRAINT classifications_check CHECK ((num_nonnulls(cik, symbol) = 1)),
    CONSTRAINT classifications_cik_check CHECK (((cik >= 1) AND (cik <= '9999999999'::bigint)))
);

-- Name: client_keys; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.client_keys (
    prefix text NOT NULL COLLATE pg_catalog."C",
    client_id bigint NOT NULL,
    hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT client_keys_hash_check CHECK ((length(hash) = 32))
);

-- Name: clients; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.clients (
    id bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL,
    mode text NOT NULL,
    budget bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT clients_budget_check CHECK ((budget > 0)),
    CONSTRAINT clients_mode_check CHECK ((mode = ANY (ARRAY['open'::text, 'log_only'::text, 'match_text'::text, 'id_only'::text]))),
    CONSTRAINT clients_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'::text)),
    CONSTRAINT clients_role_check CHECK ((role = ANY (ARRAY['dashboard'::text, 'analyst'::text, 'partner'::text, 'admin'::text])))
);

-- Name: clients_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.clients ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.clients_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: companies; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.companies (
    id bigint NOT NULL,
    cik bigint,
    cik_key bigint GENERATED ALWAYS AS (COALESCE(cik, '10000000000'::bigint)) STORED NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    former_names text[] DEFAULT '{}'::text[] NOT NULL,
    search_text text NOT NULL COLLATE pg_catalog."C",
    sic text,
    sector text COLLATE pg_catalog."C",
    industry text COLLATE pg_catalog."C",
    country text COLLATE pg_catalog."C",
    fiscal_year_end text,
    ticker text COLLATE pg_catalog."C",
    exchange text COLLATE pg_catalog."C",
    market_cap double precision,
    name_rank smallint DEFAULT 0 NOT NULL,
    name_as_of date DEFAULT '0001-01-01'::date NOT NULL,
    submissions_as_of date,
    facts_as_of date,
    tickers_as_of date,
    sic_sector text COLLATE pg_catalog."C",
    sic_industry text COLLATE pg_catalog."C",
    CONSTRAINT companies_cik_check CHECK (((cik >= 1) AND (cik <= '9999999999'::bigint)))
);

-- Name: companies_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.companies ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.companies_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: company_forms; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.company_forms (
    company_id bigint NOT NULL,
    form text NOT NULL COLLATE pg_catalog."C",
    n integer NOT NULL,
    first_on date NOT NULL,
    last_on date NOT NULL
);

-- Name: company_filing_summary; Type: VIEW; Schema: public; Owner: -

CREATE VIEW public.company_filing_summary AS
 SELECT company_forms.company_id,
    sum(company_forms.n) AS filings,
    min(company_forms.first_on) AS first_filed_on,
    max(company_forms.last_on) AS last_filed_on
   FROM public.company_forms
  GROUP BY company_forms.company_id;

-- Name: concept_units; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.concept_units (
    company_id bigint NOT NULL,
    concept_id integer NOT NULL,
    unit text NOT NULL COLLATE pg_catalog."C",
    facts integer NOT NULL
);

-- Name: concepts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.concepts (
    id integer NOT NULL,
    taxonomy text NOT NULL COLLATE pg_catalog."C",
    concept text NOT NULL COLLATE pg_catalog."C",
    name text GENERATED ALWAYS AS (((taxonomy || ':'::text) || concept)) STORED NOT NULL COLLATE pg_catalog."C",
    label text,
    description text,
    as_of date DEFAULT '0001-01-01'::date NOT NULL,
    search_text text GENERATED ALWAYS AS (lower(((((taxonomy || ':'::text) || concept) || ' '::text) || COALESCE(label, ''::text)))) STORED NOT NULL COLLATE pg_catalog."C"
);

-- Name: concepts_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.concepts ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.concepts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: definitions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.definitions (
    id integer NOT NULL,
    concept_id integer NOT NULL,
    period smallint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    unit text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT definitions_period_check CHECK (((period >= 1) AND (period <= 6)))
);

-- Name: definitions_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.definitions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.definitions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: document_texts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.document_texts (
    hash bytea NOT NULL,
    shape bytea NOT NULL,
    text text NOT NULL,
    CONSTRAINT document_texts_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT document_texts_shape_check CHECK ((length(shape) = 32))
);

-- Name: document_usage; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.document_usage (
    client_id bigint NOT NULL,
    document_id text NOT NULL COLLATE pg_catalog."C",
    count bigint NOT NULL,
    first_used_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL
);

-- Name: documents; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.documents (
    client_id bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    hash bytea NOT NULL,
    operations text[] NOT NULL,
    published_at timestamp with time zone DEFAULT now() NOT NULL,
    retire_on date,
    revoked_at timestamp with time zone
);

-- Name: facts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.facts (
    id bigint NOT NULL,
    company_id bigint NOT NULL,
    accession bigint NOT NULL,
    value double precision NOT NULL,
    concept_id integer NOT NULL,
    period_start date,
    period_end date NOT NULL,
    filed_on date NOT NULL,
    fiscal_year integer,
    fiscal_period text,
    form text NOT NULL COLLATE pg_catalog."C",
    unit text NOT NULL COLLATE pg_catalog."C",
    as_of date
);

-- Name: facts_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.facts ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.facts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: filing_companies; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.filing_companies (
    filing_id bigint NOT NULL,
    company_id bigint NOT NULL,
    filed_on date NOT NULL,
    form text NOT NULL COLLATE pg_catalog."C",
    amendment boolean GENERATED ALWAYS AS ((form ~~ '%/A'::text)) STORED NOT NULL,
    accepted_at timestamp with time zone,
    period_end date,
    title text,
    cik bigint,
    primary_document text
);

-- Name: filings; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.filings (
    id bigint NOT NULL,
    form text NOT NULL COLLATE pg_catalog."C",
    amendment boolean GENERATED ALWAYS AS ((form ~~ '%/A'::text)) STORED NOT NULL,
    filed_on date NOT NULL,
    accepted_at timestamp with time zone,
    period_end date,
    title text,
    cik bigint,
    primary_document text,
    as_of date DEFAULT '0001-01-01'::date NOT NULL,
    detailed boolean DEFAULT true NOT NULL,
    CONSTRAINT filings_id_check CHECK (((id >= 0) AND (id <= '999999999999999999'::bigint)))
);

-- Name: goose_db_version; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.goose_db_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);

-- Name: goose_db_version_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.goose_db_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.goose_db_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: imported_documents; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.imported_documents (
    digest bytea NOT NULL,
    deflated boolean NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    as_of date,
    cik bigint,
    edition smallint NOT NULL,
    records bigint NOT NULL,
    rows bigint,
    symbols text[],
    CONSTRAINT imported_documents_digest_check CHECK ((length(digest) = 32))
);

-- Name: metrics; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.metrics (
    series_id bigint NOT NULL,
    date date NOT NULL,
    as_of date,
    value double precision NOT NULL,
    fact_id bigint,
    known_from date
);

-- Name: metrics_month; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.metrics_month (
    series_id bigint NOT NULL,
    bucket date NOT NULL,
    n bigint NOT NULL,
    sum double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    first double precision NOT NULL,
    last double precision NOT NULL
);

-- Name: metrics_stale; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.metrics_stale (
    series_id bigint NOT NULL,
    month date NOT NULL,
    marked_by xid8 DEFAULT pg_current_xact_id() NOT NULL
);

-- Name: outbox; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    keys text[] DEFAULT '{}'::text[] NOT NULL
);

-- Name: outbox_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: outbox_trim; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.outbox_trim (
    only_row boolean DEFAULT true NOT NULL,
    before pg_snapshot,
    noted pg_snapshot NOT NULL,
    noted_at timestamp with time zone NOT NULL,
    CONSTRAINT outbox_trim_only_row_check CHECK (only_row)
);

-- Name: point_versions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.point_versions (
    series_id bigint NOT NULL,
    date date NOT NULL,
    known_from date NOT NULL,
    known_to date NOT NULL,
    value double precision NOT NULL,
    CONSTRAINT point_versions_check CHECK ((known_from < known_to))
);

-- Name: registry_version; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.registry_version (
    only_row boolean DEFAULT true NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT registry_version_only_row_check CHECK (only_row)
);

-- Name: securities; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.securities (
    id bigint NOT NULL,
    company_id bigint,
    symbol text NOT NULL COLLATE pg_catalog."C",
    exchange text COLLATE pg_catalog."C",
    is_primary boolean DEFAULT false NOT NULL,
    valid_from date,
    valid_to date,
    first_seen date,
    last_seen date,
    "position" integer DEFAULT 0 NOT NULL,
    exchange_as_of date
);

-- Name: securities_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.securities ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.securities_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: series; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.series (
    id bigint NOT NULL,
    company_id bigint,
    security_id bigint,
    definition_id integer NOT NULL,
    points integer NOT NULL,
    first_on date NOT NULL,
    last_on date NOT NULL,
    default_unit boolean DEFAULT true NOT NULL,
    last_value double precision NOT NULL,
    last_fact_id bigint
);

-- Name: series_id_seq; Type: SEQUENCE; Schema: public; Owner: -

ALTER TABLE public.series ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.series_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: symbol_holdings; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.symbol_holdings (
    symbol text NOT NULL COLLATE pg_catalog."C",
    cik bigint NOT NULL,
    first_on date NOT NULL,
    last_on date NOT NULL,
    CONSTRAINT symbol_holdings_check CHECK ((first_on <= last_on))
);

-- Name: client_keys client_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.client_keys
    ADD CONSTRAINT client_keys_pkey PRIMARY KEY (prefix);

-- Name: clients clients_name_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.clients
    ADD CONSTRAINT clients_name_key UNIQUE (name);

-- Name: clients clients_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.clients
    ADD CONSTRAINT clients_pkey PRIMARY KEY (id);

-- Name: companies companies_cik_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.companies
    ADD CONSTRAINT companies_cik_key UNIQUE (cik);

-- Name: companies companies_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.companies
    ADD CONSTRAINT companies_pkey PRIMARY KEY (id);

-- Name: company_forms company_forms_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.company_forms
    ADD CONSTRAINT company_forms_pkey PRIMARY KEY (company_id, form);

-- Name: concept_units concept_units_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.concept_units
    ADD CONSTRAINT concept_units_pkey PRIMARY KEY (company_id, concept_id, unit);

-- Name: concepts concepts_name_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.concepts
    ADD CONSTRAINT concepts_name_key UNIQUE (name);

-- Name: concepts concepts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.concepts
    ADD CONSTRAINT concepts_pkey PRIMARY KEY (id);

-- Name: definitions definitions_name_unit_period_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.definitions
    ADD CONSTRAINT definitions_name_unit_period_key UNIQUE (name, unit, period);

-- Name: definitions definitions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.definitions
    ADD CONSTRAINT definitions_pkey PRIMARY KEY (id);

-- Name: document_texts document_texts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_texts
    ADD CONSTRAINT document_texts_pkey PRIMARY KEY (hash);

-- Name: document_usage document_usage_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_usage
    ADD CONSTRAINT document_usage_pkey PRIMARY KEY (client_id, document_id);

-- Name: documents documents_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (client_id, id);

-- Name: facts facts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.facts
    ADD CONSTRAINT facts_pkey PRIMARY KEY (id);

-- Name: filing_companies filing_companies_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.filing_companies
    ADD CONSTRAINT filing_companies_pkey PRIMARY KEY (filing_id, company_id);

-- Name: filings filings_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.filings
    ADD CONSTRAINT filings_pkey PRIMARY KEY (id);

-- Name: goose_db_version goose_db_version_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.goose_db_version
    ADD CONSTRAINT goose_db_version_pkey PRIMARY KEY (id);

-- Name: metrics_month metrics_month_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.metrics_month
    ADD CONSTRAINT metrics_month_pkey PRIMARY KEY (series_id, bucket) INCLUDE (n, sum, min, max, first, last);

-- Name: metrics metrics_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT metrics_pkey PRIMARY KEY (series_id, date) INCLUDE (value);

-- Name: metrics_stale metrics_stale_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.metrics_stale
    ADD CONSTRAINT metrics_stale_pkey PRIMARY KEY (series_id, month, marked_by);

-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

-- Name: outbox_trim outbox_trim_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.outbox_trim
    ADD CONSTRAINT outbox_trim_pkey PRIMARY KEY (only_row);

-- Name: point_versions point_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.point_versions
    ADD CONSTRAINT point_versions_pkey PRIMARY KEY (series_id, date, known_from) INCLUDE (known_to, value);

-- Name: registry_version registry_version_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.registry_version
    ADD CONSTRAINT registry_version_pkey PRIMARY KEY (only_row);

-- Name: securities securities_one_holder; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.securities
    ADD CONSTRAINT securities_one_holder EXCLUDE USING gist (symbol WITH =, daterange(valid_from, valid_to, '[]'::text) WITH &&) WHERE (((company_id IS NOT NULL) AND ((valid_from <= valid_to) IS NOT FALSE))) DEFERRABLE INITIALLY DEFERRED;

-- Name: securities securities_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.securities
    ADD CONSTRAINT securities_pkey PRIMARY KEY (id);

-- Name: series series_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (id);

-- Name: symbol_holdings symbol_holdings_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.symbol_holdings
    ADD CONSTRAINT symbol_holdings_pkey PRIMARY KEY (symbol, first_on);

-- Name: classifications_subject; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX classifications_subject ON public.classifications USING btree (cik, symbol) NULLS NOT DISTINCT;

-- Name: classifications_symbol; Type: INDEX; Schema: public; Owner: -

CREATE INDEX classifications_symbol ON public.classifications USING btree (symbol) WHERE (symbol IS NOT NULL);

-- Name: client_keys_client; Type: INDEX; Schema: public; Owner: -

CREATE INDEX client_keys_client ON public.client_keys USING btree (client_id);

-- Name: companies_country_market_cap; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_country_market_cap ON public.companies USING btree (country, market_cap, name, cik_key, id) WHERE (country IS NOT NULL);

-- Name: companies_country_name; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_country_name ON public.companies USING btree (country, name, cik_key, id) WHERE (country IS NOT NULL);

-- Name: companies_country_ticker; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_country_ticker ON public.companies USING btree (country, ticker, name, cik_key, id) WHERE (country IS NOT NULL);

-- Name: companies_exchange_market_cap; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_exchange_market_cap ON public.companies USING btree (exchange, market_cap, name, cik_key, id) WHERE (exchange IS NOT NULL);

-- Name: companies_exchange_name; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_exchange_name ON public.companies USING btree (exchange, name, cik_key, id) WHERE (exchange IS NOT NULL);

-- Name: companies_exchange_ticker; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_exchange_ticker ON public.companies USING btree (exchange, ticker, name, cik_key, id) WHERE (exchange IS NOT NULL);

-- Name: companies_industry_market_cap; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_industry_market_cap ON public.companies USING btree (industry, market_cap, name, cik_key, id) WHERE (industry IS NOT NULL);

-- Name: companies_industry_name; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_industry_name ON public.companies USING btree (industry, name, cik_key, id) WHERE (industry IS NOT NULL);

-- Name: companies_industry_ticker; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_industry_ticker ON public.companies USING btree (industry, ticker, name, cik_key, id) WHERE (industry IS NOT NULL);

-- Name: companies_market_cap; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_market_cap ON public.companies USING btree (market_cap, name, cik_key, id) WHERE (market_cap IS NOT NULL);

-- Name: companies_name; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_name ON public.companies USING btree (name, cik_key, id);

-- Name: companies_no_market_cap; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_no_market_cap ON public.companies USING btree (name, cik_key, id) WHERE (market_cap IS NULL);

-- Name: companies_no_ticker; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_no_ticker ON public.companies USING btree (name, cik_key, id) WHERE (ticker IS NULL);

-- Name: companies_search_prefix; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_search_prefix ON public.companies USING btree ("left"(search_text, 64));

-- Name: companies_search_trgm; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_search_trgm ON public.companies USING gin (search_text public.gin_trgm_ops);

-- Name: companies_sector_market_cap; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_sector_market_cap ON public.companies USING btree (sector, market_cap, name, cik_key, id) WHERE (sector IS NOT NULL);

-- Name: companies_sector_name; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_sector_name ON public.companies USING btree (sector, name, cik_key, id) WHERE (sector IS NOT NULL);

-- Name: companies_sector_ticker; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_sector_ticker ON public.companies USING btree (sector, ticker, name, cik_key, id) WHERE (sector IS NOT NULL);

-- Name: companies_ticker; Type: INDEX; Schema: public; Owner: -

CREATE INDEX companies_ticker ON public.companies USING btree (ticker, name, cik_key, id) WHERE (ticker IS NOT NULL);

-- Name: concepts_search_trgm; Type: INDEX; Schema: public; Owner: -

CREATE INDEX concepts_search_trgm ON public.concepts USING gin (search_text public.gin_trgm_ops);

-- Name: definitions_concept; Type: INDEX; Schema: public; Owner: -

CREATE INDEX definitions_concept ON public.definitions USING btree (concept_id);

-- Name: documents_hash; Type: INDEX; Schema: public; Owner: -

CREATE INDEX documents_hash ON public.documents USING btree (hash);

-- Name: facts_identity; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX facts_identity ON public.facts USING btree (company_id, concept_id, unit, period_end, period_start, accession) NULLS NOT DISTINCT;

-- Name: filing_companies_amendment; Type: INDEX; Schema: public; Owner: -

CREATE INDEX filing_companies_amendment ON public.filing_companies USING btree (company_id, amendment, filed_on DESC, filing_id DESC);

-- Name: filing_companies_filed_on; Type: INDEX; Schema: public; Owner: -

CREATE INDEX filing_companies_filed_on ON public.filing_companies USING btree (company_id, filed_on DESC, filing_id DESC);

-- Name: filing_companies_form; Type: INDEX; Schema: public; Owner: -

CREATE INDEX filing_companies_form ON public.filing_companies USING btree (company_id, form, filed_on DESC, filing_id DESC);

-- Name: filings_amendment; Type: INDEX; Schema: public; Owner: -

CREATE INDEX filings_amendment ON public.filings USING btree (amendment, filed_on DESC, id DESC);

-- Name: filings_filed_on; Type: INDEX; Schema: public; Owner: -

CREATE INDEX filings_filed_on ON public.filings USING btree (filed_on DESC, id DESC);

-- Name: filings_form; Type: INDEX; Schema: public; Owner: -

CREATE INDEX filings_form ON public.filings USING btree (form, filed_on DESC, id DESC);

-- Name: imported_documents_identity; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX imported_documents_identity ON public.imported_documents USING btree (digest, deflated, kind, as_of, cik) NULLS NOT DISTINCT;

-- Name: outbox_at; Type: INDEX; Schema: public; Owner: -

CREATE INDEX outbox_at ON public.outbox USING btree (at);

-- Name: outbox_xid; Type: INDEX; Schema: public; Owner: -

CREATE INDEX outbox_xid ON public.outbox USING btree (xid);

-- Name: securities_company; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX securities_company ON public.securities USING btree (company_id, symbol) NULLS NOT DISTINCT;

-- Name: securities_holder; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX securities_holder ON public.securities USING btree (symbol) WHERE ((valid_to IS NULL) AND (company_id IS NOT NULL));

-- Name: securities_symbol; Type: INDEX; Schema: public; Owner: -

CREATE INDEX securities_symbol ON public.securities USING btree (symbol);

-- Name: series_company; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX series_company ON public.series USING btree (company_id, definition_id, security_id) NULLS NOT DISTINCT;

-- Name: series_definition; Type: INDEX; Schema: public; Owner: -

CREATE INDEX series_definition ON public.series USING btree (definition_id);

-- Name: series_security; Type: INDEX; Schema: public; Owner: -

CREATE UNIQUE INDEX series_security ON public.series USING btree (security_id, definition_id) WHERE (security_id IS NOT NULL);

-- Name: client_keys client_keys_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.client_keys
    ADD CONSTRAINT client_keys_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: company_forms company_forms_company_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.company_forms
    ADD CONSTRAINT company_forms_company_id_fkey FOREIGN KEY (company_id) REFERENCES public.companies(id);

-- Name: definitions definitions_concept_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.definitions
    ADD CONSTRAINT definitions_concept_id_fkey FOREIGN KEY (concept_id) REFERENCES public.concepts(id);

-- Name: document_usage document_usage_client_id_document_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.document_usage
    ADD CONSTRAINT document_usage_client_id_document_id_fkey FOREIGN KEY (client_id, document_id) REFERENCES public.documents(client_id, id);

-- Name: documents documents_client_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.clients(id);

-- Name: documents documents_hash_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_hash_fkey FOREIGN KEY (hash) REFERENCES public.document_texts(hash);

-- Name: filing_companies filing_companies_company_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.filing_companies
    ADD CONSTRAINT filing_companies_company_id_fkey FOREIGN KEY (company_id) REFERENCES public.companies(id);

-- Name: filing_companies filing_companies_filing_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.filing_companies
    ADD CONSTRAINT filing_companies_filing_id_fkey FOREIGN KEY (filing_id) REFERENCES public.filings(id);

-- Name: securities securities_company_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.securities
    ADD CONSTRAINT securities_company_id_fkey FOREIGN KEY (company_id) REFERENCES public.companies(id);

-- Name: series series_company_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_company_id_fkey FOREIGN KEY (company_id) REFERENCES public.companies(id);

-- Name: series series_definition_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_definition_id_fkey FOREIGN KEY (definition_id) REFERENCES public.definitions(id);

-- Name: series series_security_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_security_id_fkey FOREIGN KEY (security_id) REFERENCES public.securities(id);

-- PostgreSQL database dump complete

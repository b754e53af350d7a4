-- +goose Up

-- Files and members of archives of which every record was taken: the same bytes need not be read again. A row is written
-- by the transaction that commits its document. Without rows everything is read again, to the same effect.
create table imported_documents (
  -- SHA-256 of the bytes as they are stored: of a member of an archive, the compressed ones.
  digest bytea not null check (length(digest) = 32),
  -- A deflated member of an archive: its bytes mean something else than those of a file.
  deflated boolean not null,
  kind text collate "C" not null,
  -- What counts and does not stand in it: the day of a ticker or reference file, the filer of an older page of filings.
  as_of date,
  cik bigint,
  -- The edition of the importer: another one may make something else of the same bytes.
  edition smallint not null,
  records bigint not null,
  -- Of price files.
  rows bigint,
  symbols text[]
);

create unique index imported_documents_identity
  on imported_documents (digest, deflated, kind, as_of, cik) nulls not distinct;

-- +goose Down

drop table imported_documents;

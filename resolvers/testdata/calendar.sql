-- A company whose points lie at the borders of the calendar: leap days, the turn of 1970, ISO weeks that belong to another
-- year than their month, gaps. The quarters are a concept of its own, without roll-up.

insert into companies (id, cik, name, search_text, ticker, exchange) values (20, 1020, 'Calendar Co', 'calendar co', 'CAL', 'NYSE');
insert into securities (id, company_id, symbol, exchange, is_primary, position) values (20, 20, 'CAL', 'NYSE', true, 0);

insert into series (id, company_id, security_id, definition_id, points, first_on, last_on, last_value, last_fact_id) values
  (40, 20, 20, 6, 13, '1968-02-28', '2021-02-01', 8, null), (41, 20, null, 1, 6, '2019-03-31', '2020-12-31', 130, 1),
  (42, 20, null, 5, 1, '2020-02-29', '2020-02-29', 1.5, 1);

insert into metrics (series_id, date, value) values
  (40, '1968-02-28', 4), (40, '1968-02-29', 1), (40, '1968-03-01', 2.5),
  (40, '1969-12-29', 10), (40, '1969-12-31', 12), (40, '1970-01-01', 11), (40, '1970-01-04', 9), (40, '1970-01-05', 0),
  (40, '2020-12-31', 0.1), (40, '2021-01-01', 0.2), (40, '2021-01-03', 0.3), (40, '2021-01-04', -1.5), (40, '2021-02-01', 8);

insert into metrics (series_id, date, value, fact_id) values
  (41, '2019-03-31', 100, 1), (41, '2019-06-30', 110, 1), (41, '2019-09-30', 90, 1), (41, '2020-03-31', 120, 1),
  (41, '2020-06-30', 60, 1), (41, '2020-12-31', 130, 1), (42, '2020-02-29', 1.5, 1);

select rebuild_metrics_month();

select rebuild_point_versions();
